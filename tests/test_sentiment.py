"""Words become a mood where they are at hand: VADER's own published figures, other languages, and what is scored at all."""

import pytest
from conftest import NOON, fake_source, giving

from pipelines.load import load_source, prepare
from pipelines.raw import RawTable
from pipelines.sentiment import LONGEST, score
from pipelines.settings import Settings
from pipelines.sources.files import SOURCE
from pipelines.warehouse import connect

# cjhutto/vaderSentiment, README: output of its demo
PUBLISHED = {
    "VADER is smart, handsome, and funny.": 0.8316,
    "VADER is smart, handsome, and funny!": 0.8439,
    "VADER is very smart, handsome, and funny.": 0.8545,
    "VADER is VERY SMART, handsome, and FUNNY.": 0.9227,
    "VADER is VERY SMART, handsome, and FUNNY!!!": 0.9342,
    "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!": 0.9469,
    "VADER is not smart, handsome, nor funny.": -0.7424,
    "The book was good.": 0.4404,
    "At least it isn't a horrible book.": 0.431,
    "The book was only kind of good.": 0.3832,
    "The plot was good, but the characters are uncompelling and the dialog is not great.": -0.7042,
    "Today SUX!": -0.5461,
    "Today only kinda sux! But I'll get by, lol": 0.5249,
    "Make sure you :) or :D today!": 0.8633,
    "Catch utf-8 emoji such as 💘 and 💋 and 😁": 0.8750,
    "Not bad at all": 0.4310,
}


@pytest.mark.parametrize(("text", "compound"), PUBLISHED.items())
@pytest.mark.parametrize("language", ["en", None])
def test_published_figures(text: str, compound: float, language: str | None) -> None:
    assert score(text, language) == compound


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (None, "en"),
        ("", "en"),
        (" \n", None),
        ("Das ist super", "de"),
        ("Super service", "fr-CA"),
        # a source that names no language
        ("Vielen Dank für die schnelle Hilfe, alles funktioniert wieder", None),
        ("Merci beaucoup pour votre aide", None),
        ("Tack så mycket!", None),
        ("不错", None),
    ],
)
def test_not_scored_is_no_neutral_mood(text: str | None, language: str | None) -> None:
    assert score(text, language) is None


@pytest.mark.parametrize("language", ["en", "EN", "en-GB", "en_US", "eng", None])
@pytest.mark.parametrize("text", ["Thanks!", "My parcel arrived broken again", "no refund no answer", "wtf"])
def test_short_english_is_scored_whatever_it_is_called(text: str, language: str | None) -> None:
    assert score(text, language) is not None


def test_a_book_is_scored_by_its_beginning() -> None:
    assert score("good but bad " * 100_000, "en") == score(("good but bad " * 100_000)[:LONGEST], "en")


def _rows(settings: Settings, sql: str) -> list[tuple]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


def test_words_of_a_file_are_scored_as_they_are_read(settings: Settings) -> None:
    """Others' words in English; a score of the file's own stays; neither our words nor a colleague's are scored."""
    lines = [
        "platform,interaction_id,occurred_at,kind,actor_key,is_brand,audience,text,language,sentiment",
        "p,good,2026-01-01,comment,a,,,The book was good.,en,",
        'p,quoted,2026-01-01,comment,a,false,clients,"Today\n\nSUX!",en,',
        "p,given,2026-01-01,comment,a,,,The book was good.,en,-0.5",
        "p,german,2026-01-01,comment,a,,,The book was good.,de,",
        "p,silent,2026-01-01,reaction,a,,,,,",
        "p,ours,2026-01-01,reply,a,true,,The book was good.,en,",
        "p,colleague,2026-01-01,message,a,,employees,The book was good.,en,",
    ]
    folder = settings.inbox_path / "interactions"
    folder.mkdir(parents=True)
    (folder / "talk.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "bare.jsonl").write_text(
        '{"platform": "q", "interaction_id": "bare", "occurred_at": "2026-01-01", "kind": "mention", "actor_key": "a", "text": "Not bad at all"}\n',
        encoding="utf-8",
    )
    prepare(settings, {"files": SOURCE})
    result = load_source(SOURCE, settings)
    assert result.state == "loaded", result.reason
    found = dict(_rows(settings, "select interaction_id, sentiment from raw_files.interactions"))
    assert found == {
        "good": 0.4404,
        "quoted": -0.5461,
        "given": -0.5,
        "german": None,
        "silent": None,
        "ours": None,
        "colleague": None,
        "bare": 0.431,
    }


def test_where_words_may_not_be_kept_score_and_language_stay(settings: Settings) -> None:
    columns = {"id": "VARCHAR", "language": "VARCHAR", "is_brand": "BOOLEAN", "sentiment": "DOUBLE"}
    table = RawTable("said", ("id",), columns, ("interactions",), holds_persons=True)
    rows = [
        {"id": "1", "language": "en", "text": "The book was good."},
        {"id": "2", "language": "de", "text": "The book was good."},
        {"id": "3", "language": "en", "text": "The book was good.", "is_brand": True},
    ]
    source = fake_source(giving({"said": rows}, NOON), [table])
    prepare(settings, {"fake": source})
    assert load_source(source, settings).state == "loaded"
    assert _rows(settings, "select id, language, sentiment from raw_fake.said order by id") == [
        ("1", "en", 0.4404),
        ("2", "de", None),
        ("3", "en", None),
    ]
    stored = {name for (name,) in _rows(settings, "select column_name from duckdb_columns() where table_name = 'said'")}
    assert "text" not in stored

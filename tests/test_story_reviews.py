"""What people decide on a terminal and the next run takes up: `goodwill stories review` and `goodwill sentiment sample|labels`."""

import csv
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from demo_company import Company, nobody

from pipelines import cli
from pipelines.entities import entities
from pipelines.settings import read_settings
from pipelines.sources.files.values import duckdb_type
from pipelines.stories import all_stories, decide
from pipelines.warehouse import WarehouseError

TABLES = """
create schema relationships; create schema intermediate; create schema raw_goodwill;
create table raw_goodwill.clock as select timestamp '2026-06-30 12:00' as as_of, false as is_demo;
create table raw_goodwill.salt as select 'grain' as salt;
create table relationships.stories as select * from (values
    ('2026-Q1-rescue-clients-0123abcd', 'candidate', 'A client ended well.', 12::bigint, 32::bigint, 'relationships.indicators/x', null, date '2026-01-01', false, 'rescue', 'clients'),
    ('2026-Q1-neglected-public-4567cdef', 'rejected', 'Nobody answered.', 3::bigint, 40::bigint, null, null, date '2026-01-01', true, 'neglected', 'public')
) as t (story_id, state, picked_because, matched, eligible, indicator_ref, roi_ref, quarter, is_counter, rule, audience);
create table intermediate.int_story_words as select '2026-Q1-rescue-clients-0123abcd' as story_id, 2::bigint as authors, 1::bigint as consenting_authors, 'They: help\nWe: done' as words;
create table intermediate.int_story_submissions (story_id text, person_key text, text text);
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in {"WAREHOUSE_PATH": "w.duckdb", "PUBLISHED_PATH": "p.duckdb", "INBOX_PATH": "inbox"}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute(TABLES.replace("\\n", "' || chr(10) || '"))
    yield tmp_path


def review(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["stories", "review", *arguments])


def test_what_waits_is_listed_with_its_words(home: Path) -> None:
    said = review()
    assert said.exit_code == 0, said.output
    assert "2026-Q1-rescue-clients-0123abcd" in said.output and "neglected-public" not in said.output
    assert "Drawn from 12 of 32 conversations" in said.output
    assert "1 of 2 quoted have agreed" in said.output
    assert "    They: help\n    We: done" in said.output
    assert "1 of 2 stories wait for a decision" in said.output


def test_colleagues_own_stories_are_submitted_and_not_drawn(home: Path) -> None:
    with duckdb.connect(str(home / "w.duckdb")) as connection:
        connection.execute("update relationships.stories set rule = 'own' where state = 'candidate'")
    said = review().output
    assert "12 of 32 submitted that quarter have the consent of everyone named." in said and "Drawn from" not in said


def test_a_decision_is_a_row_of_the_file_drop(home: Path) -> None:
    story = "2026-Q1-rescue-clients-0123abcd"
    assert review(story, "approve", "--role", "head of support").exit_code == 0
    assert review(story, "reject", "--role", "legal, and risk").exit_code == 0
    rows = duckdb.sql(f"select * from read_csv('{home}/inbox/story_reviews/*.csv', header = true)")
    contract = entities()["story_reviews"]
    assert rows.columns == [*(column.name for column in contract.columns if column.is_required), "words_print"]
    found = rows.fetchall()
    print_of_words = hashlib.md5(b"They: help\nWe: done|grain").hexdigest()[:16]
    assert [row[4] for row in found] == [print_of_words, print_of_words]
    assert [row[:3] for row in found] == [(story, "approved", "head of support"), (story, "rejected", "legal, and risk")]
    assert {duckdb_type(column.type) for column in contract.columns if column.name == "reviewed_at"} == {"TIMESTAMP"}
    assert not list((home / "inbox" / "story_reviews").glob(".*"))


def test_decisions_of_before_stay_beside_new_ones(home: Path) -> None:
    story, path = "2026-Q1-neglected-public-4567cdef", home / "inbox" / "story_reviews" / "decided_here.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        f'story_id,decision,reviewer_role,reviewed_at\n{story},approved,"legal, and risk",2026-05-01T09:00:00Z\n', encoding="utf-8"
    )
    decide(read_settings(), story, "reject", "people", datetime(2026, 7, 1, tzinfo=UTC))
    assert path.read_text(encoding="utf-8").splitlines() == [
        "story_id,decision,reviewer_role,reviewed_at,words_print",
        f'{story},approved,"legal, and risk",2026-05-01T09:00:00Z,',
        f"{story},rejected,people,2026-07-01T00:00:00Z,",
    ]


def test_when_it_was_decided_is_in_utc(home: Path) -> None:
    path = decide(read_settings(), "2026-Q1-rescue-clients-0123abcd", "approve", "people", datetime(2026, 7, 1, 9, 30, tzinfo=UTC))
    assert (
        path.read_text(encoding="utf-8").splitlines()[1].startswith("2026-Q1-rescue-clients-0123abcd,approved,people,2026-07-01T09:30:00Z,")
    )


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("2026-Q1-none", "approve", "--role", "people"), "there is no story"),
        (("2026-Q1-rescue-clients-0123abcd", "approve", "--role", "ann@example.org"), "never a person or an address"),
        (("2026-Q1-rescue-clients-0123abcd", "approve"), "--role ROLE"),
        (("2026-Q1-rescue-clients-0123abcd", "perhaps", "--role", "people"), "perhaps"),
    ],
)
def test_what_cannot_be_decided_names_its_cure(home: Path, arguments: tuple[str, ...], words: str) -> None:
    said = review(*arguments)
    assert said.exit_code != 0 and words in said.output and "Traceback" not in said.output
    assert not (home / "inbox").exists()


def test_without_a_run_there_is_nothing_to_review(home: Path) -> None:
    (home / "w.duckdb").unlink()
    assert "`goodwill run` makes it" in review().output
    with duckdb.connect(str(home / "w.duckdb")) as connection:
        connection.execute("create schema other")
    with pytest.raises(WarehouseError, match="no stories yet"):
        all_stories(read_settings())


def label_as_it_is_meant(company: Company, truth: list[int]) -> None:
    """Draw every message, and label those of the forum by the number that each ends with."""
    drawn = CliRunner().invoke(cli.main, ["sentiment", "sample", "--size", "1000"])
    path = company.folder / "sentiment_sample_2024.csv"
    assert drawn.exit_code == 0 and str(path) in drawn.output and path.stat().st_mode & 0o077 == 0, drawn.output
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["label"] == "" and "verdict" not in row for row in rows)
    for row in rows:
        number = row["text"].rpartition(" ")[2]
        if not row["text"].startswith(("Parcel", "Thank")):
            row["label"] = ("Positive", "neutral", " negative")[truth[int(number)]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["sample_id", "text", "label"], delimiter=";")  # as spreadsheets of half of Europe write it
        writer.writeheader()
        writer.writerows(rows)
    taken = CliRunner().invoke(cli.main, ["sentiment", "labels", str(path)])
    assert taken.exit_code == 0 and "30 positive, 60 neutral, 30 negative" in taken.output, taken.output


def net_mood(company: Company) -> dict[str, tuple]:
    with duckdb.connect(str(company.published), read_only=True) as connection:
        rows = connection.execute(
            "select indicator, value, suppressed_reason from relationships.indicators "
            "where indicator like 'sentiment%' and platform = 'forum' and period_kind = 'all' and dimension = 'all' and profile_id = 'all'"
        )
        return {row[0]: row[1:] for row in rows.fetchall()}


def drop(company: Company, entity: str, *lines: str) -> None:
    folder = company.folder / "inbox" / entity
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "all.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_words_are_scored_told_and_corrected_by_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way by the file drop: 24 clients, half of them rescued and half left alone; 120 of the public; a run, decisions, a run."""
    company = nobody(tmp_path, GOODWILL_AS_OF="2024-04-10T00:00:00Z")  # the quarter is over
    say, said = "desk,case {0},{0}-{1},2024-02-{2:02}T{3}Z,message,{4},clients,{5},{6}", []
    for n in range(1, 25):
        client = f"client{n}@example.org"
        said.append(say.format(n, 1, n, "09:00:00", client, "false", f"Parcel {n} is broken"))
        if n % 2:
            said.append(say.format(n, 2, n, "09:30:00", "us@example.com", "true", "A new one is on its way"))
            said.append(say.format(n, 3, n, "09:50:00", client, "false", f"Thank you for parcel {n}"))
    # 30 praise, 60 say what happened, 30 complain; 10 of each in words that the machine takes for another mood
    words = ["I love it", "The box came on Monday", "Terrible and really annoying"]
    machine = [0] * 20 + [1] * 10 + [1] * 50 + [0] * 10 + [2] * 20 + [1] * 10
    truth = [0] * 30 + [1] * 60 + [2] * 30
    for n, verdict in enumerate(machine):
        said.append(f"forum,,{n},2024-03-04T09:00:00Z,comment,p{n}@example.org,public,false,{words[verdict]} {n}")
    said.append(
        "forum,,other,2024-03-04T09:00:00Z,comment,p0@example.org,public,false,Das habe ich gestern schon gefragt und keine Antwort"
    )
    drop(company, "interactions", "platform,thread_id,interaction_id,occurred_at,kind,actor_email,audience,is_brand,text", *said)
    agreed = [f"client{n}@example.org,story_text,true,2024-03-01" for n in range(1, 25)]
    drop(company, "consents", "person_email,purpose,is_granted,recorded_at", *agreed)
    company.run()
    for name, value in company.variables.items():
        monkeypatch.setenv(name, value)
    listed = review()
    assert listed.exit_code == 0, listed.output
    assert "Drawn from 12 of 12 conversations" in listed.output and "1 of 1 quoted have agreed" in listed.output

    def told() -> dict[str, tuple]:
        with duckdb.connect(str(company.published), read_only=True) as connection:
            rows = connection.execute(
                "select rule, story_id, is_counter, eligible, matched, state, text, reviewer_role from relationships.stories where audience = 'clients'"
            )
            return {row[0]: row[1:] for row in rows.fetchall()}

    first = told()
    rescue, neglected = first["rescue"], first["neglected"]
    assert rescue[1:] == (False, 12, 12, "candidate", None, None)
    assert neglected[1:] == (True, 24, 12, "candidate", None, None)
    assert review(rescue[0], "approve", "--role", "head of support").exit_code == 0
    label_as_it_is_meant(company, truth)
    company.run()
    moods = net_mood(company)
    assert moods["sentiment_net"] == (pytest.approx((30 - 20) / 120), None)
    assert moods["sentiment_scored_share"] == (pytest.approx(120 / 121), None)
    # people read as many complaints as praise
    assert moods["sentiment_net_corrected"] == (pytest.approx(0, abs=1e-9), None)
    after = told()
    state, words, role = after["rescue"][4:]
    assert (state, role) == ("approved", "head of support")
    # a fixed clock is the company's time: a decision after it would stop the run as one from the future
    assert ",2024-04-10T00:00:00Z" in (company.folder / "inbox" / "story_reviews" / "decided_here.csv").read_text()
    assert words.startswith("They: Parcel ") and "\nWe: A new one is on its way\nThey: Thank you for parcel " in words
    assert after["neglected"] == neglected and neglected[0] in review().output and rescue[0] not in review().output

"""A source that changes its types fails loudly before anything is loaded; what it sends beyond them is recorded."""

from typing import Any

import pytest
from conftest import NOON, PEOPLE, POSTS, fake_source, giving

from pipelines.load import LoadResult, load_source, prepare
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings
from pipelines.warehouse import connect


def _load(settings: Settings, source: Source) -> LoadResult:
    prepare(settings, {source.name: source})
    return load_source(source, settings)


def _rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("column", "value", "came"),
    [
        ("likes", "12", "VARCHAR"),
        ("likes", 1.5, "DOUBLE"),
        ("likes", 3.0, "DOUBLE"),
        ("likes", True, "BOOLEAN"),
        ("likes", [1], "JSON array"),
        ("likes", 2**63, "an integer of more than 64 bits"),
        ("likes", 2**70, "an integer of more than 64 bits"),
        ("score", "0.5", "VARCHAR"),
        ("score", False, "BOOLEAN"),
        ("score", float("nan"), "NaN"),
        ("score", float("inf"), "infinity"),
        ("is_pinned", 1, "BIGINT"),
        ("is_pinned", "true", "VARCHAR"),
        ("text", 5, "BIGINT"),
        ("text", {"a": 1}, "JSON object"),
        ("posted_at", 1767225600, "BIGINT"),
        ("posted_at", "last Tuesday", "a text that is no time"),
        ("uri", 7, "BIGINT"),
    ],
)
def test_a_type_flip_names_source_table_column_and_both_types(settings: Settings, column: str, value: Any, came: str) -> None:
    rows = [{"uri": "1"}, {"uri": "2", column: value}]
    result = _load(settings, fake_source(giving({"people": [{"id": "p"}], "posts": rows})))
    assert result.state == "failed"
    assert result.reason is not None
    assert f"source fake, table posts, column {column}: declared {POSTS.columns[column]}, now " in result.reason
    assert came in result.reason
    assert "last Tuesday" not in result.reason
    assert _rows(settings, "select count(*) from raw_fake.people") == [(0,)], "nothing of the source is loaded, whichever table was right"


def test_after_a_flip_the_former_rows_stay_and_good_rows_load_again(settings: Settings) -> None:
    assert _load(settings, fake_source(giving({"posts": [{"uri": "1", "likes": 5}]}, place=1))).state == "loaded"
    flipped = _load(settings, fake_source(giving({"posts": [{"uri": "1", "likes": "6"}]}, place=2)))
    assert flipped.state == "failed"
    assert flipped.totals["posts"] == 1
    assert _rows(settings, "select state, loaded_total from raw_goodwill.loads where raw_table = 'posts'") == [("failed", 1)]
    places = []

    def mended(run: Any) -> None:
        places.append(dict(run.state))
        run.write("posts", [{"uri": "1", "likes": 7}], NOON)

    assert _load(settings, fake_source(mended)).state == "loaded"
    assert places == [{"place": 1}], "the place of the failed extraction is forgotten with its rows"
    assert _rows(settings, "select uri, likes from raw_fake.posts") == [("1", 7)]


def test_what_fits_is_no_flip(settings: Settings) -> None:
    rows = [{"uri": "1", "score": 3, "likes": None}, {"uri": "2", "score": 0.25, "likes": -(2**63)}, {"uri": "3", "likes": 2**63 - 1}]
    assert _load(settings, fake_source(giving({"posts": rows}))).state == "loaded"
    assert _rows(settings, "select score, likes from raw_fake.posts order by uri") == [(3.0, None), (0.25, -(2**63)), (None, 2**63 - 1)]


def test_a_row_without_its_key_is_refused(settings: Settings) -> None:
    for row in ({"likes": 1}, {"uri": None}):
        result = _load(settings, fake_source(giving({"posts": [row]})))
        assert result.state == "failed"
        assert "a row came without its key column uri" in str(result.reason)


def test_unknown_fields_become_text_and_are_recorded(settings: Settings) -> None:
    rows = [
        {"uri": "1", "views": 5, "tags": ["a", 1.50], "odd \"name'; drop table x": 1},
        {"uri": "2", "views": "many", "LIKES": 3, "note": "ask a@b.co", "Views": None},
    ]
    result = _load(settings, fake_source(giving({"posts": rows})))
    assert result.state == "loaded", result.reason
    assert _rows(settings, "select uri, views, tags, note from raw_fake.posts order by uri") == [
        ("1", "5", '["a",1.5]', None),
        ("2", "many", None, "ask <address>"),
    ]
    columns = [row[0] for row in _rows(settings, "select column_name from (describe raw_fake.posts)")]
    assert set(columns) == {*POSTS.stored, "note", "tags", "views"}
    assert _rows(settings, "select field, first_seen_at from raw_goodwill.unknown_fields where raw_table = 'posts' order by field") == [
        (name, NOON.replace(tzinfo=None)) for name in sorted(["views", "Views", "tags", "note", "LIKES", "odd \"name'; drop table x"])
    ]


def test_an_unknown_field_that_changes_its_case_stays_one_column(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1", "viewCount": 5}]})))
    result = _load(settings, fake_source(giving({"posts": [{"uri": "2", "VIEWCOUNT": 6}]})))
    assert result.state == "loaded", result.reason
    assert _rows(settings, "select uri, viewCount from raw_fake.posts order by uri") == [("1", "5"), ("2", "6")]


def test_an_unknown_field_may_be_declared_afterwards(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1", "views": 5, "seen": "2026-01-01T02:00:00+02:00"}]})))
    wider = RawTable("posts", ("uri",), {**POSTS.columns, "views": "BIGINT", "seen": "TIMESTAMP"}, ("posts",))
    result = _load(settings, fake_source(giving({"posts": [{"uri": "2", "views": 6}]}), [wider]))
    assert result.state == "loaded", result.reason
    assert _rows(settings, "select uri, views, seen::varchar from raw_fake.posts order by uri") == [
        ("1", 5, "2026-01-01 00:00:00"),
        ("2", 6, None),
    ]


def test_unknown_fields_keep_what_was_stored_before_them(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1"}]})))
    _load(settings, fake_source(giving({"posts": [{"uri": "2", "views": 5}]})))
    _load(settings, fake_source(giving({"posts": [{"uri": "3"}]})))
    assert _rows(settings, "select uri, views from raw_fake.posts order by uri") == [("1", None), ("2", "5"), ("3", None)]


def test_of_persons_only_declared_fields_are_kept(settings: Settings) -> None:
    source = fake_source(giving({"people": [{"id": "1", "person_key": "k", "email": "a@b.co", "profile": {"mail": "a@b.co"}}]}))
    assert _load(settings, source).state == "loaded"
    assert [row[0] for row in _rows(settings, "select column_name from (describe raw_fake.people)")] == [*PEOPLE.stored]
    assert _rows(settings, "select field from raw_goodwill.unknown_fields order by all") == [("email",), ("profile",)]
    assert b"a@b.co" not in settings.warehouse_path.read_bytes()


def test_a_column_declared_later_is_added(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1"}]})))
    wider = RawTable("posts", ("uri",), {**POSTS.columns, "views": "BIGINT"}, ("posts",))
    assert _load(settings, fake_source(giving({"posts": [{"uri": "2", "views": 9}]}), [wider])).state == "loaded"
    assert _rows(settings, "select uri, views from raw_fake.posts order by uri") == [("1", None), ("2", 9)]


def test_another_declared_type_than_the_stored_one_is_refused_until_a_full_refresh(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1", "text": "many"}]})))
    numbers = RawTable("posts", ("uri",), {**POSTS.columns, "text": "BIGINT"}, ("posts",))
    source = fake_source(giving({"posts": [{"uri": "1", "text": 9}]}), [numbers])
    result = _load(settings, source)
    assert result.state == "failed"
    assert "source fake, table posts, column text: stored as VARCHAR, now declared BIGINT" in str(result.reason)
    assert "--full-refresh" in str(result.reason)
    assert load_source(source, settings, full_refresh=True).state == "loaded"
    assert _rows(settings, "select text from raw_fake.posts") == [(9,)]

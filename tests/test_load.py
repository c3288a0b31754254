"""What a source gives is stored exactly once, with its place; a repeated run without news changes nothing."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, fake_source, giving

from pipelines.load import fix_clock, load_source, prepare
from pipelines.raw import Extraction, RawTable, Setting, Source
from pipelines.settings import Settings
from pipelines.warehouse import connect


def _rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


def _content(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every table without `_run`, which no published number may depend on."""
    with connect(settings) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name like 'raw_%' and table_name not like '_dlt%'"
        ).fetchall()
        content = {}
        for (table,) in tables:
            columns = [row[0] for row in connection.execute(f"describe {table}").fetchall() if row[0] not in ("_run", "warehouse_id")]
            content[table] = sorted(connection.execute(f"select {', '.join(columns)} from {table}").fetchall(), key=str)
        return content


def _load(settings: Settings, source: Source, **options: Any) -> Any:
    prepare(settings, {source.name: source})
    return load_source(source, settings, **options)


def test_rows_arrive_with_time_and_run(settings: Settings) -> None:
    result = _load(settings, fake_source(giving({"posts": [{"uri": "1", "likes": 3, "posted_at": "2026-01-01T02:00:00+02:00"}]})))
    assert (result.state, result.reason, result.rows, result.totals) == ("loaded", None, {"posts": 1}, {"posts": 1, "people": 0})
    rows = _rows(settings, "select uri, likes, posted_at, _observed_at, _run is not null from raw_fake.posts")
    assert rows == [("1", 3, datetime(2026, 1, 1), datetime(2026, 1, 1, 12), True)]
    assert not list((settings.warehouse_path.parent / "spool").iterdir()), "spool files hold what the source sent and are gone"


@pytest.mark.parametrize(
    "text", ["😀 grüße 你好", "a" * 1_000_000, 'line\nbreak\tand "quotes" and \\', "nul \x00 in it", "'; drop table posts; --", ""]
)
def test_texts_survive(settings: Settings, text: str) -> None:
    result = _load(
        settings, fake_source(giving({"posts": [{"uri": text or "none", "text": text, "record": {"text": [text, {"t": text}]}}]}))
    )
    assert result.state == "loaded", result.reason
    query = "select uri, text, record ->> '$.text[0]', record ->> '$.text[1].t' from raw_fake.posts"
    assert _rows(settings, query) == [(text or "none", text, text, text)]


def test_ids_beyond_two_to_the_53_survive(settings: Settings) -> None:
    big = 2**53 + 1
    _load(settings, fake_source(giving({"posts": [{"uri": str(2**80 + 1), "likes": big, "record": {"id": big, "huge": str(2**80)}}]})))
    assert _rows(settings, "select uri, likes, record ->> '$.id', record ->> '$.huge' from raw_fake.posts") == [
        (str(2**80 + 1), big, str(big), str(2**80))
    ]


def test_half_a_surrogate_pair_is_mended_and_told(settings: Settings) -> None:
    result = _load(
        settings,
        fake_source(giving({"posts": [{"uri": "1", "text": "a\ud83dz", "record": {"t": "\udc00"}}, {"uri": "2", "text": "\U0001f600"}]})),
    )
    assert result.state == "loaded"
    assert result.warnings == ["posts: 1 rows held half of a surrogate pair, which no text may; it is stored as U+FFFD"]
    assert _rows(settings, "select text from raw_fake.posts order by uri") == [("a\ufffdz",), ("\U0001f600",)]


def test_of_rows_with_one_key_the_last_one_stays(settings: Settings) -> None:
    def extract(run: Extraction) -> None:
        run.write("posts", [{"uri": "1", "likes": 1}, {"uri": "2", "likes": 1}, {"uri": "1", "likes": 2}], NOON)
        run.write("posts", [{"uri": "2", "likes": 9}], NOON + timedelta(hours=1))

    assert _load(settings, fake_source(extract)).rows == {"posts": 2}
    _load(settings, fake_source(giving({"posts": [{"uri": "2", "likes": 10}, {"uri": "3"}]})))
    assert _rows(settings, "select uri, likes from raw_fake.posts order by uri") == [("1", 2), ("2", 10), ("3", None)]


def test_compound_keys_with_the_time_of_the_answer(settings: Settings) -> None:
    metrics = RawTable("post_metrics", ("uri", "_observed_at"), {"uri": "VARCHAR", "likes": "BIGINT"}, ("post_metrics",))
    for hour, likes in ((0, 1), (0, 2), (1, 3)):
        source = fake_source(giving({"post_metrics": [{"uri": "1", "likes": likes}]}, NOON + timedelta(hours=hour)), [metrics])
        assert _load(settings, source).state == "loaded"
    assert _rows(settings, "select likes from raw_fake.post_metrics order by _observed_at") == [(2,), (3,)]
    refreshed = load_source(
        fake_source(giving({"post_metrics": [{"uri": "1", "likes": 4}]}, NOON + timedelta(hours=2)), [metrics]), settings, full_refresh=True
    )
    assert refreshed.totals == {"post_metrics": 3}, "no API gives yesterday's counters again"


def test_a_full_refresh_forgets_the_place_and_replaces_the_content(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1"}, {"uri": "2"}], "people": [{"id": "p"}]}, cursor="x")))
    places = []

    def extract(run: Extraction) -> None:
        places.append(dict(run.state))
        run.write("posts", [{"uri": "2", "likes": 5}], NOON)

    assert _load(settings, fake_source(extract), full_refresh=True).totals == {"posts": 1, "people": 0}
    assert places == [{}]
    assert _rows(settings, "select uri, likes from raw_fake.posts") == [("2", 5)]
    _load(settings, fake_source(giving({"posts": [{"uri": "3"}]})))
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("2",), ("3",)], "the next load adds again"


def test_a_failed_full_refresh_leaves_what_was_there(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1"}]}, cursor="x")))

    def extract(run: Extraction) -> None:
        run.write("posts", [{"uri": "2"}], NOON)
        raise RuntimeError("the API went away")

    assert _load(settings, fake_source(extract), full_refresh=True).state == "failed"
    assert _rows(settings, "select uri from raw_fake.posts") == [("1",)]


def _counting(run: Extraction) -> None:
    """One new post a run, from where the last run ended."""
    run.state["next"] = run.state.get("next", 0) + 1
    run.write("posts", [{"uri": str(run.state["next"])}], NOON)


def test_the_place_is_kept_with_the_rows(settings: Settings) -> None:
    for _ in range(3):
        _load(settings, fake_source(_counting))
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("1",), ("2",), ("3",)]


def test_the_place_is_restored_when_the_local_folder_is_lost(settings: Settings) -> None:
    _load(settings, fake_source(_counting))
    _load(settings, fake_source(_counting))
    shutil.rmtree(settings.warehouse_path.parent / "dlt")
    _load(settings, fake_source(_counting))
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("1",), ("2",), ("3",)]


def test_the_warehouse_is_right_where_the_folder_is_ahead_of_it(settings: Settings, tmp_path: Path) -> None:
    _load(settings, fake_source(_counting))
    shutil.copy(settings.warehouse_path, tmp_path / "backup")
    _load(settings, fake_source(_counting))
    shutil.copy(tmp_path / "backup", settings.warehouse_path)
    _load(settings, fake_source(_counting))
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("1",), ("2",)]
    settings.warehouse_path.unlink()
    _load(settings, fake_source(_counting))
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("1",)], "a warehouse made anew begins at the beginning"


def test_a_place_without_rows_is_kept_too(settings: Settings) -> None:
    _load(settings, fake_source(giving({}, cursor="a")))
    seen = []
    _load(settings, fake_source(lambda run: seen.append(dict(run.state))))
    assert seen == [{"cursor": "a"}]


def test_a_repeated_run_changes_nothing(settings: Settings) -> None:
    source = fake_source(giving({"posts": [{"uri": "1", "views": 1}], "people": [{"id": "p", "mail": 1}]}, cursor="x"))
    _load(settings, source)
    fix_clock(settings, {"fake": source})
    before = _content(settings)
    assert before["raw_fake.posts"]
    _load(settings, source)
    fix_clock(settings, {"fake": source})
    assert _content(settings) == before


def test_what_the_source_says_about_itself_is_written_down(settings: Settings) -> None:
    def extract(run: Extraction) -> None:
        run.write("posts", [{"uri": "1"}], NOON)
        run.write("people", [], NOON + timedelta(hours=1))
        run.reconcile("posts", 7)
        run.warn("one page was empty")

    source = fake_source(extract)
    assert _load(settings, source).warnings == ["one page was empty"]
    rows = _rows(
        settings, "select raw_table, entity, state, reason, loaded_total, api_total, fresh_until from raw_goodwill.loads order by all"
    )
    noon = NOON.replace(tzinfo=None)
    assert rows == [("people", None, "empty", None, 0, None, noon + timedelta(hours=1)), ("posts", "posts", "loaded", None, 1, 7, noon)]
    assert fix_clock(settings, {"fake": source}) == noon + timedelta(hours=1)


def test_stored_reads_this_source_by_bare_names(settings: Settings) -> None:
    _load(settings, fake_source(giving({"posts": [{"uri": "1"}, {"uri": "2"}]})))
    seen = []
    _load(settings, fake_source(lambda run: seen.extend(run.stored("select uri from posts order by 1"))))
    assert seen == [("1",), ("2",)]


TOKEN = Setting("access_token", "Token of the account", is_secret=True, is_required=True)


def test_without_its_token_a_source_is_not_configured(settings: Settings) -> None:
    result = _load(settings, fake_source(_counting, settings=(TOKEN,)))
    assert result.state == "not_configured"
    assert "SOURCES__FAKE__ACCESS_TOKEN" in result.reason
    assert _rows(settings, "select distinct state, reason from raw_goodwill.loads") == [("not_configured", result.reason)]


def test_no_secret_in_what_is_told_of_a_failure(tmp_path: Path) -> None:
    from pipelines.settings import read_settings

    settings = read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "k", "SOURCES__FAKE__ACCESS_TOKEN": "hush"})

    def extract(run: Extraction) -> None:
        raise ConnectionError(f"GET https://api.example/?token={run.settings['access_token']}\n refused")

    result = _load(settings, fake_source(extract, settings=(TOKEN,)))
    assert (result.state, result.is_network) == ("failed", True)
    assert result.reason == "GET https://api.example/?token=*** refused"
    assert b"hush" not in settings.warehouse_path.read_bytes()


def test_a_load_that_breaks_is_told_without_values_and_heals(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from pipelines.destination import KeyedCopyJob

    _load(settings, fake_source(_counting))
    with monkeypatch.context() as broken:
        broken.setattr(KeyedCopyJob, "run", lambda job: job._job_client.sql_client.execute_sql("select cast('hush' as int)"))
        result = _load(settings, fake_source(_counting))
    assert result.state == "failed"
    assert result.reason.startswith("Conversion Error: Could not convert string '...' to INT32")
    assert "hush" not in result.reason + "".join(capfd.readouterr())
    assert _load(settings, fake_source(_counting)).state == "loaded"
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("1",), ("2",)]


def test_a_pending_package_that_cannot_be_finished_is_fetched_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import dlt

    from pipelines.destination import KeyedCopyJob

    _load(settings, fake_source(_counting))
    with monkeypatch.context() as broken:
        # As a kill would: the package stays.
        broken.setattr(dlt.Pipeline, "load", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            _load(settings, fake_source(_counting))
        broken.undo()
        broken.setattr(KeyedCopyJob, "run", lambda job: job._job_client.sql_client.execute_sql("select cast('hush' as int)"))
        result = _load(settings, fake_source(lambda run: None))
    assert result.warnings == ["an earlier load had been cut short and could not be finished; its rows are fetched again"]
    _load(settings, fake_source(_counting))
    assert _rows(settings, "select uri from raw_fake.posts order by uri") == [("1",), ("2",)]


def test_a_fault_of_the_source_is_no_network_error(settings: Settings) -> None:
    def extract(run: Extraction) -> None:
        raise ValueError("page 3 is truncated")

    result = _load(settings, fake_source(extract))
    assert (result.state, result.is_network, result.reason) == ("failed", False, "page 3 is truncated")


def test_what_a_killed_extraction_left_is_removed(settings: Settings) -> None:
    leftover = settings.warehouse_path.parent / "spool" / "fake-20260101T000000000000"
    leftover.mkdir(parents=True)
    (leftover / "posts.jsonl").write_text("{}")
    other = leftover.with_name("other-20260101T000000000000")
    other.mkdir()
    _load(settings, fake_source(_counting))
    assert [folder.name for folder in leftover.parent.iterdir()] == [other.name]


def test_columns_are_the_same_before_the_first_row_and_after(settings: Settings) -> None:
    every = {
        "id": "VARCHAR",
        "n": "BIGINT",
        "x": "DOUBLE",
        "b": "BOOLEAN",
        "t": "TIMESTAMP",
        "d": "DATE",
        "j": "JSON",
        "odd näme-1": "VARCHAR",
    }
    source = fake_source(giving({"things": [{"id": "1", "d": "2026-01-01", "odd näme-1": "x"}]}), [RawTable("things", ("id",), every, ())])
    prepare(settings, {"fake": source})
    before = _rows(settings, "describe raw_fake.things")
    result = load_source(source, settings)
    assert result.state == "loaded", result.reason
    assert _rows(settings, "describe raw_fake.things") == before
    assert _rows(settings, 'select "odd näme-1" from raw_fake.things') == [("x",)]

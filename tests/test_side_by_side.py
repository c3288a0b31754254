"""Sources are asked side by side and loaded one at a time; one that fails stops nobody else's rows."""

import threading
from datetime import UTC, datetime

import dagster as dg
import pytest

from pipelines import assets
from pipelines.load import Loading, prepare
from pipelines.raw import Extraction, RawTable, Source
from pipelines.settings import Settings
from pipelines.warehouse import connect
from pipelines.work import Work

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
PATIENCE = 60.0  # seconds until a test that would hang fails


def source(name: str, extract: object) -> Source:
    table = RawTable("posts", ("post_id",), {"post_id": "VARCHAR", "likes": "BIGINT"}, ())
    return Source(name, name, (table,), extract)  # type: ignore[arg-type]


def counted(settings: Settings, *names: str) -> list[int]:
    with connect(settings) as connection:
        return [connection.execute(f"select count(*) from raw_{name}.posts").fetchone()[0] for name in names]  # type: ignore[index]


def test_slow_sources_overlap_and_a_failing_one_stops_nobody(settings: Settings) -> None:
    both = threading.Barrier(2)  # nobody passes it alone

    def slow(run: Extraction) -> None:
        run.write("posts", [{"post_id": "first", "likes": 1}], AT)
        both.wait(PATIENCE)
        run.write("posts", [{"post_id": "second", "likes": 2}], AT)
        both.wait(PATIENCE)

    def failing(run: Extraction) -> None:
        run.write("posts", [{"post_id": "half", "likes": 1}], AT)
        raise ConnectionError("nobody is there")

    sources = {name: source(name, extract) for name, extract in (("one", slow), ("other", slow), ("broken", failing))}
    prepare(settings, sources)
    loadings = {name: Loading(each, settings) for name, each in sources.items()}
    for loading in loadings.values():
        loading.start()
    results = {name: loading.finish() for name, loading in loadings.items()}
    assert {name: result.state for name, result in results.items()} == {"one": "loaded", "other": "loaded", "broken": "failed"}
    assert results["broken"].reason == "nobody is there" and results["broken"].is_network
    assert counted(settings, "one", "other", "broken") == [2, 2, 0]


def test_a_run_asks_all_its_sources_from_the_first_on_and_no_others(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    both, asked = threading.Barrier(2), list[str]()

    def waiting(run: Extraction) -> None:
        asked.append("one")
        both.wait(PATIENCE)
        run.write("posts", [{"post_id": "first", "likes": 1}], AT)

    sources = {name: source(name, waiting) for name in ("one", "other", "left_out")}
    monkeypatch.setattr(assets, "discover", lambda: sources)
    prepare(settings, sources)
    work = Work(settings)
    loads = [assets.load_assets(each) for each in sources.values()]
    chosen = [dg.AssetKey([name, "posts"]) for name in ("one", "other")]
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize(loads, instance=instance, resources={"work": work}, selection=chosen).success
    assert [(result.source, result.state) for result in work.loads] == [("one", "loaded"), ("other", "loaded")]
    assert len(asked) == 2 and counted(settings, "one", "other", "left_out") == [1, 1, 0]


def test_one_is_loaded_while_another_reads_what_is_stored_of_it(settings: Settings) -> None:
    """DuckDB refuses two kinds of connections to one file in one process: they take turns, and neither fails."""
    reads, is_loaded = [], threading.Event()

    def writing(run: Extraction) -> None:
        run.write("posts", ({"post_id": str(number), "likes": number} for number in range(20_000)), AT)

    def reading(run: Extraction) -> None:
        while True:
            is_last = is_loaded.is_set()
            reads.append(run.stored("select count(*) from posts"))
            if is_last:
                return

    sources = {"one": source("one", writing), "other": source("other", reading)}
    prepare(settings, sources)
    one, other = (Loading(each, settings) for each in sources.values())
    other.start()
    assert one.finish().state == "loaded"
    is_loaded.set()
    assert other.finish().state == "empty" and set(map(str, reads)) == {"[(0,)]"}
    assert counted(settings, "one") == [20_000]

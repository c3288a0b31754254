"""A load killed at any of its commits loses nothing and doubles nothing, already before anything is loaded again.

Each load runs in a process of its own that kills itself (SIGKILL) after the n-th commit; a second process finishes the
pending package alone and is compared; a third runs the whole load again and is compared with one that was not disturbed.
"""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, PEOPLE, POSTS, fake_source

from pipelines.raw import Extraction, RawTable, Source
from pipelines.settings import Settings, read_settings

METRICS = RawTable("post_metrics", ("uri", "_observed_at"), {"uri": "VARCHAR", "likes": "BIGINT"}, ("post_metrics",))
PROCESSES = multiprocessing.get_context("forkserver")
# What a child would import for itself otherwise, a second or two each time.
PROCESSES.set_forkserver_preload(["pipelines.load", "pipelines.sources.files", "pandas", "pyarrow", "dlt.destinations.impl.duckdb.duck"])
Content = dict[str, list[tuple[Any, ...]]]


def _extract(run: Extraction) -> None:
    """Each run: one new post, one that changed, counters of both, a person; the place moves on."""
    run.state["next"] = place = run.state.get("next", 0) + 1
    run.write("posts", [{"uri": "first", "likes": place}, {"uri": f"post {place}", "likes": 0, "views": place}], NOON)
    run.write("post_metrics", [{"uri": "first", "likes": place}, {"uri": f"post {place}", "likes": 0}], NOON.replace(hour=place))
    run.write("people", [{"id": f"person {place}", "email": "never kept"}], NOON)


def _fake() -> Source:
    return fake_source(_extract, [POSTS, METRICS, PEOPLE])


def _files() -> Source:
    from pipelines.sources.files import SOURCE

    return SOURCE


def _settings(folder: Path) -> Settings:
    return read_settings(folder=folder, environ={"GOODWILL_KEY": "a key for tests"})


def _fill_inbox(folder: Path, day: int) -> None:
    """Day 2 changes a file, removes one, empties one, adds one, and moves one."""
    inbox = folder / "inbox"
    for entity in ("touches", "posts"):
        (inbox / entity).mkdir(parents=True, exist_ok=True)
    head = "touch_id,person_email,occurred_at\n"
    (inbox / "touches" / "a.csv").write_text(head + "".join(f"{day}-{n},p{n}@b.co,2026-01-0{day}\n" for n in range(3 - day + 1)))
    posts = "platform,profile_id,post_id,posted_at\nx,us,1,2026-01-01\n"
    if day == 1:
        (inbox / "touches" / "b.csv").write_text(head + "b,q@b.co,2026-01-01\n")
        (inbox / "touches" / "c.csv").write_text(head + "c,q@b.co,2026-01-01\n")
        (inbox / "posts" / "p.csv").write_text(posts)
    else:
        (inbox / "touches" / "b.csv").unlink()
        (inbox / "touches" / "c.csv").write_text("")
        (inbox / "touches" / "d.csv").write_text(head + "d,q@b.co,2026-01-01\n")
        (inbox / "posts" / "p.csv").rename(inbox / "posts" / "q.csv")


def _content(settings: Settings) -> Content:
    from pipelines.warehouse import connect

    with connect(settings) as connection:
        content = {}
        tables = (
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name like 'raw_%' and table_name not like '_dlt%'"
        )
        for (table,) in connection.execute(f"{tables} order by 1").fetchall():
            columns = [row[0] for row in connection.execute(f"describe {table}").fetchall() if row[0] not in ("_run", "warehouse_id")]
            content[table] = sorted(connection.execute(f"select {', '.join(columns)} from {table}").fetchall(), key=str)
    return content


def _kill_after(number: int) -> None:
    """Kill this process after its n-th commit: of a job, of the package, or of what we write down about it."""
    from dlt.destinations.impl.duckdb import sql_client

    from pipelines import load, outcome

    commits = 0

    def counted(then: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal commits
            result = then(*arguments, **options)
            commits += 1
            if commits == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    sql_client.DuckDbSqlClient.commit_transaction = counted(sql_client.DuckDbSqlClient.commit_transaction)  # type: ignore[method-assign]
    sql_client.DuckDbSqlClient.execute_sql = _counting_statements(sql_client.DuckDbSqlClient.execute_sql, counted)  # type: ignore[method-assign]
    load.transaction = outcome.transaction = _committing(outcome.transaction, counted(lambda: None))  # type: ignore[assignment]


def _counting_statements(then: Callable[..., Any], counted: Callable[..., Any]) -> Callable[..., Any]:
    """Single statements that commit by themselves, such as the marker of a whole package."""
    marked = counted(lambda: None)

    def call(client: Any, sql: Any, *arguments: Any, **options: Any) -> Any:
        result = then(client, sql, *arguments, **options)
        if "_dlt_loads" in str(sql) and "INSERT" in str(sql):
            marked()
        return result

    return call


def _committing(then: Callable[..., Any], counted: Callable[..., Any]) -> Callable[..., Any]:
    from contextlib import contextmanager

    @contextmanager
    def transaction(connection: Any) -> Iterator[None]:
        with then(connection):
            yield
        counted()

    return transaction


def _whole(folder: Path, name: str, answers: Any, kill: int = 0) -> None:
    from pipelines.load import load_source, prepare

    source, settings = (_fake if name == "fake" else _files)(), _settings(folder)
    prepare(settings, {name: source})
    if kill:
        _kill_after(kill)
    result = load_source(source, settings)
    answers.put((result.state, result.reason, _content(settings)))


def _resumed(folder: Path, name: str, answers: Any) -> None:
    """The pending package alone, then the whole load."""
    from pipelines import load

    settings = _settings(folder)
    load._pipeline((_fake if name == "fake" else _files)(), settings, [])
    answers.put(("loaded", None, _content(settings)))
    _whole(folder, name, answers)


def _in_process(target: Callable[..., None], *arguments: Any, **options: Any) -> tuple[int | None, list[Content]]:
    """Exit code of a process that runs `target`, and what was stored at each of its answers."""
    answers = PROCESSES.SimpleQueue()
    process: ForkServerProcess = PROCESSES.Process(target=target, args=(*arguments, answers), kwargs=options)
    process.start()
    process.join()
    contents = []
    while not process.exitcode and not answers.empty():
        state, reason, content = answers.get()
        assert state == "loaded", reason
        contents.append(content)
    return process.exitcode, contents


@pytest.mark.parametrize("name", ["fake", "files"])
def test_a_kill_after_any_commit_is_healed_by_the_pending_package_alone(tmp_path: Path, name: str) -> None:
    start = tmp_path / "start"
    _fill_inbox(start, 1)
    (before,) = _in_process(_whole, start, name)[1]
    _fill_inbox(start, 2)
    calm = shutil.copytree(start, tmp_path / "calm")
    (after,) = _in_process(_whole, calm, name)[1]
    raw = [table for table in after if not table.startswith("raw_goodwill")]
    assert {table for table in raw if before[table] != after[table]} >= (
        {"raw_files.touches", "raw_files.posts"} if name == "files" else set(raw)
    )

    kills = 0
    while True:
        kills += 1
        folder = shutil.copytree(start, tmp_path / f"killed {kills}")
        code, contents = _in_process(_whole, folder, name, kill=kills)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        alone, again = _in_process(_resumed, folder, name)[1]
        either = {"before": {table: before[table] for table in raw}, "after": {table: after[table] for table in raw}}
        assert {table: alone[table] for table in raw} in either.values(), (
            f"after kill {kills} the pending package alone gives neither state"
        )
        if name == "files" or {table: alone[table] for table in raw} == either["before"]:
            assert again == after, f"after kill {kills} a whole run gives something else than an undisturbed one"
        shutil.rmtree(folder)
    assert contents == [after]
    # Two jobs or three, the state, the package, and what is written down about it: fewer would mean that the injection misses.
    assert kills - 1 >= (5 if name == "files" else 6)

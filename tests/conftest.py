"""Shared fixtures: settings and a warehouse of a test's own, and sources that need no network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines import erase
from pipelines.raw import Extraction, RawTable, Source
from pipelines.run import RunReport
from pipelines.settings import Settings, read_settings

if TYPE_CHECKING:
    from faults.layer import Layer

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
POSTS = RawTable(
    "posts",
    ("uri",),
    {
        "uri": "VARCHAR",
        "likes": "BIGINT",
        "score": "DOUBLE",
        "is_pinned": "BOOLEAN",
        "posted_at": "TIMESTAMP",
        "text": "VARCHAR",
        "record": "JSON",
    },
    ("posts",),
)
PEOPLE = RawTable("people", ("id",), {"id": "VARCHAR", "person_key": "VARCHAR"}, (), holds_persons=True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a folder of their own; nothing of this machine's environment gets in."""
    return read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "a key for tests"})


@pytest.fixture
def only_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """`goodwill forget` takes away what is stored and builds nothing anew; what is built of it: tests/test_forget.py."""
    monkeypatch.setattr(erase, "run", lambda *_, **__: RunReport(0, Path()))


@pytest.fixture(scope="module")
def days() -> "Iterator[list[tuple[Layer, str]]]":
    """The APIs of the demo company on two days in a row, each behind a layer that breaks what it is told to."""
    from demo_company import world
    from faults.layer import speaking

    with speaking(world(0)) as today, speaking(world(1)) as tomorrow:
        yield [today, tomorrow]


def fake_source(extract: Callable[[Extraction], None], tables: Sequence[RawTable] = (POSTS, PEOPLE), **fields: Any) -> Source:
    """A source named `fake` that does what `extract` does."""
    return Source("fake", "Fake", tuple(tables), extract, **fields)


def giving(rows: Mapping[str, Sequence[Mapping[str, Any]]], observed_at: datetime = NOON, **state: Any) -> Callable[[Extraction], None]:
    """An extract that writes these rows by table and remembers `state`."""

    def extract(run: Extraction) -> None:
        for table, of_table in rows.items():
            run.write(table, of_table, observed_at)
        run.state.update(state)

    return extract

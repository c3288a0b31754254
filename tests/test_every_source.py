"""One contract for every source that is found: whatever a vendor's server does, the rows are those of an undisturbed load, or nothing changes.

The demo company's own API answers, through a layer that breaks and bends what it says (faults/layer.py); what a source
needs told of itself stands in faults/<source>.py as ADAPTER.
"""

import importlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from faults.layer import Adapter, Fault, Layer, each_field, lists
from faults.loading import Loading

from pipelines import http
from pipelines.extraction import Run
from pipelines.http import Client, SourceError
from pipelines.outcome import GONE, written
from pipelines.raw import RawTable, Source, literals
from pipelines.sources import discover
from pipelines.spool import SchemaDrift
from pipelines.warehouse import connect

ASKED = {name: source for name, source in discover().items() if source.settings}  # the file drop asks nobody
WORDS = "😀 مرحبا שלום 你好 \u202e\u200f"
LONG = "word " * 210_000  # a megabyte
COUNTED = {
    "posts",
    "interactions",
    "conversations",
    "accounts",
    "contacts",
    "opportunities",
    "revenue",
    "subscriptions",
    "campaigns",
    "touches",
}
NOTES = {"_observed_at", "_account", "listed_at", "missing_at"}  # when something was read is no part of what was read


@dataclass
class Place:
    """A source between two days of the demo company."""

    source: Source
    adapter: Adapter
    today: tuple[Layer, str]
    tomorrow: tuple[Layer, str]
    undisturbed: dict[str, list[dict[str, Any]]]

    def loading(self, folder: Path, day: tuple[Layer, str]) -> Loading:
        return Loading(self.source, folder, **self.adapter.settings, base_url=day[1] + self.source.name)

    def at(self, loading: Loading, day: tuple[Layer, str]) -> None:
        loading.settings._values[f"SOURCES__{self.source.name}__BASE_URL".upper()] = day[1] + self.source.name  # type: ignore[index]


@pytest.fixture(scope="module", params=sorted(ASKED))
def place(request: pytest.FixtureRequest, days: list[tuple[Layer, str]], tmp_path_factory: pytest.TempPathFactory) -> Place:
    name = request.param
    adapter = importlib.import_module(f"faults.{name}").ADAPTER
    found = Place(ASKED[name], adapter, days[0], days[1], {})
    days[0][0].reset()
    loading = found.loading(tmp_path_factory.mktemp(name), days[0])
    loading.load()
    found.undisturbed = loading.content()
    return found


@pytest.fixture(autouse=True)
def calm(days: list[tuple[Layer, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    monkeypatch.setattr(http, "TIMEOUT", 1)
    for layer, _ in days:
        layer.reset()


def _kept(column: str, value: Any) -> Any:
    """A row's value; of what is gone only that it is, since the server's clock dates it."""
    return value is not None if column == "deleted_at" else value


def told(content: dict[str, list[dict[str, Any]]], like: dict[str, list[dict[str, Any]]], leave: set[str] = NOTES) -> dict[str, list[str]]:
    """Rows in the columns of `like`, without when they were read, in any order."""
    return {
        name: sorted(str({c: _kept(c, v) for c, v in row.items() if c in (like[name] or [row])[0] and c not in leave}) for row in rows)
        for name, rows in content.items()
    }


def missing(table: RawTable) -> str:
    """SQL: whether the source itself no longer has a row, or never listed it."""
    return " or ".join(f"{name} {test}" for name, test in GONE.items() if name in table.columns) or "false"


def stored(loading: Loading, tables: Iterable[str]) -> dict[str, int]:
    """Rows by table that the source has as well."""
    return {name: len(loading.rows(name, "1", f"not coalesce({missing(loading.source.table(name))}, false)")) for name in tables}


def reconciled(loading: Loading, run: Run) -> dict[str, tuple[int, int]]:
    """Table -> what the source has, by its own total or its listing in this run, and what is stored of it."""
    written(loading.settings, loading.source, None, "loaded", None, run=run)
    with connect(loading.settings) as connection:
        rows = connection.execute(
            "select raw_table, api_total, loaded_total from raw_goodwill.loads where api_total is not null"
        ).fetchall()
    return {table: (api_total, loaded) for table, api_total, loaded in rows}


def lose(loading: Loading, table: str, where: str) -> None:
    with connect(loading.settings) as connection:
        connection.execute(f"set schema = 'raw_{loading.source.name}'")
        connection.execute(f"delete from {table} where {where}")


def test_what_is_loaded_is_something_and_a_second_load_changes_nothing(place: Place, tmp_path: Path) -> None:
    empty = [name for name, rows in place.undisturbed.items() if not rows]
    assert len(empty) < len(place.undisturbed) / 2, f"the demo company says too little: {empty}"
    loading = place.loading(tmp_path, place.today)
    first = loading.load()
    loading.load()
    assert loading.content() == place.undisturbed
    assert stored(loading, loading.run.api_totals) == loading.run.api_totals, "the source's own totals and what is stored are of one kind"
    for run in (loading.run, first):
        counted = reconciled(loading, run)
        assert all(api_total == loaded for api_total, loaded in counted.values()), counted
    listed = {table.name for table in place.source.tables if set(table.entities) & COUNTED} - {"currency"}  # a setting of the account
    assert listed <= counted.keys(), "what it lists is not counted"
    for name in [name for name in counted if place.undisturbed[name]]:
        id_ = place.source.table(name).key[0]
        is_listed = f"{id_} in ({literals(first.listings[name])})" if name not in first.api_totals else "true"
        is_there = f"not coalesce({missing(place.source.table(name))}, false)"
        lose(loading, name, f"{id_} = (select min({id_}) from {name} where {is_listed} and {is_there})")
    lost = reconciled(loading, first)
    assert all(api_total > loaded for name, (api_total, loaded) in lost.items() if place.undisturbed[name]), lost


def test_refusals_silence_short_pages_and_broken_answers_lose_nothing(
    place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    layer = place.today[0]
    layer.sizes = dict.fromkeys(place.adapter.sizes, max(7, place.adapter.least))
    troubles = [
        Fault(429, {"error": "slow down"}, {"Retry-After": "3"}),
        Fault(429, {"error": "slow down"}),
        Fault(500, {"error": "oops"}),
        Fault(is_cut=True),
        Fault(503, None, {"Retry-After": "1"}),
        Fault(is_silent=True),
    ]
    layer.faults = {1 + 2 * number: trouble for number, trouble in enumerate(troubles)}
    loading = place.loading(tmp_path, place.today)
    with caplog.at_level(logging.DEBUG):
        loading.load()
    assert layer.count > 2 * len(troubles), "too few requests to break all of them"
    assert told(loading.content(), place.undisturbed) == told(place.undisturbed, place.undisturbed)
    said = caplog.text + str(loading.warnings) + str(loading.content())
    assert not [name for name in place.source.settings if name.is_secret and place.adapter.settings.get(name.name, "-/-") in said]


def test_rows_that_come_twice_move_between_pages_or_hold_new_fields_lose_nothing(place: Place, tmp_path: Path) -> None:
    layer, last = place.today[0], dict[str, Any]()
    layer.skew = timedelta(minutes=-9)  # the server's clock is behind

    def change(path: str, body: Any) -> Any:
        for found in lists(body) if path.endswith(place.adapter.feed) else []:
            if path in last and last[path].get("archived") == found[0].get("archived"):  # the bin is a listing of its own
                found.insert(0, last[path])  # pushed from the page before by something new
            last[path] = found[-1]
            found.append(found[len(found) // 2])
            for entry in found:
                entry["a_field_of_tomorrow"] = {"of": "somebody@example.org"}
        return body

    layer.change = change
    layer.sizes = dict.fromkeys(place.adapter.sizes, max(25, place.adapter.least))
    loading = place.loading(tmp_path, place.today)
    loading.load()
    assert told(loading.content(), place.undisturbed) == told(place.undisturbed, place.undisturbed)
    assert "somebody" not in str(loading.content())


def test_pages_that_go_round_in_a_circle_end_the_load_and_nothing_is_changed(place: Place, tmp_path: Path) -> None:
    layer = place.today[0]
    layer.sizes = dict.fromkeys(place.adapter.sizes, max(5, place.adapter.least))
    layer.replay = place.adapter.feed
    loading = place.loading(tmp_path, place.today)
    with pytest.raises(SourceError, match=r"twice, so its pages go round in a circle"):
        loading.load()
    assert not any(loading.content().values())


def test_a_token_that_runs_out_in_mid_page_is_renewed_or_named(place: Place, tmp_path: Path) -> None:
    layer = place.today[0]
    layer.sizes = dict.fromkeys(place.adapter.sizes, max(10, place.adapter.least))
    layer.on_page = (place.adapter.feed, place.adapter.refusal)
    loading = place.loading(tmp_path, place.today)
    if place.adapter.renews:
        loading.load()
        assert told(loading.content(), place.undisturbed) == told(place.undisturbed, place.undisturbed)
    else:
        with pytest.raises(SourceError, match=f"set SOURCES__{place.source.name.upper()}__ACCESS_TOKEN"):
            loading.load()
        assert not any(loading.content().values())
    assert layer.on_page is None


def test_a_counter_of_another_type_ends_the_load_and_nothing_is_changed(place: Place, tmp_path: Path) -> None:
    if not place.adapter.counters:
        pytest.skip("it sends every number as text, and staging casts it")
    place.today[0].change = lambda path, body: each_field(body, place.adapter.counters, lambda value: "many")
    loading = place.loading(tmp_path, place.today)
    with pytest.raises((SchemaDrift, SourceError)) as fault:
        loading.load()
    assert place.source.name in str(fault.value) and "many" not in str(fault.value)
    assert not any(loading.content().values())


def test_counters_that_are_null_stay_null_and_words_of_any_kind_stay_whole(place: Place, tmp_path: Path) -> None:
    if not place.adapter.texts:
        pytest.skip("it keeps no words")

    def change(path: str, body: Any) -> Any:
        said = iter([LONG])
        body = each_field(body, place.adapter.texts, lambda value: next(said, WORDS) if isinstance(value, str) else value)
        return each_field(body, place.adapter.counters, lambda value: None) if place.adapter.nulls else body

    place.today[0].change = change
    loading = place.loading(tmp_path, place.today)
    loading.load()
    for table, columns in place.adapter.nulls.items():
        assert loading.rows(table) and all(row[column] is None for row in loading.rows(table) for column in columns), "NULL is no 0"
    table, column = place.adapter.worded
    words = [row[column] for row in loading.rows(table, column, f"{column} is not null")]
    assert any(WORDS.strip() in text for text in words)
    assert any(len(text) > 1_000_000 for text in words)


def test_a_day_later_what_is_new_changed_or_gone_is_as_a_first_load_would_find_it(place: Place, tmp_path: Path) -> None:
    fresh = place.loading(tmp_path / "fresh", place.tomorrow)
    fresh.load()
    loading = place.loading(tmp_path / "kept", place.today)
    loading.load()
    place.at(loading, place.tomorrow)
    loading.load()
    for table in place.source.tables:
        if "_observed_at" in table.key or table.name in place.adapter.histories:
            continue
        gone = missing(table)
        keys = ", ".join(table.key)
        there, found = (
            {tuple(row.values()) for row in each.rows(table.name, keys, f"not coalesce({gone}, false)")} for each in (loading, fresh)
        )
        assert found <= there, f"{table.name}: {len(found - there)} rows were not seen a day later"
        if table.name == "posts":
            assert there == found, "what was deleted is still there"

"""Sources -> raw_<source>: each is asked from where it stopped, side by side with others where it is started, and loaded by itself."""

import copy
import gc
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dlt
import duckdb
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines import sources as places
from pipelines import warehouse
from pipelines.destination import keyed_duckdb
from pipelines.extraction import Run, remove_leftovers
from pipelines.outcome import (
    LoadResult,
    forget_accounts,
    is_network,
    keep_unknown_fields,
    keep_withdrawn,
    reason_of,
    together,
    written,
)
from pipelines.package import is_history, load_package
from pipelines.raw import Source
from pipelines.settings import Settings, SettingsError
from pipelines.spool import Delivery, SchemaDrift
from pipelines.tokens import Tokens
from pipelines.warehouse import connect, make_table, quoted, stored_columns, transaction, warehouse_lock

ACCOUNTS = "_accounts"  # in a source's state: the place of each account that has a name
__all__ = ["LoadResult", "Loading", "fix_clock", "load_source", "prepare", "warehouse_lock"]
dlt.config["load.delete_completed_jobs"] = True  # they would keep a copy of every row beside the warehouse
dlt.config["normalize.workers"] = 1
gc.freeze()  # what is imported stays: pages make so many objects that collections would walk through all of it again and again,
gc.set_threshold(100_000, 50, 50)  # and every few of them, where nothing is to be found: a page's objects hold no circles


def prepare(settings: Settings, sources: Mapping[str, Source] | None = None) -> None:
    """See warehouse.prepare; of all sources where none are named."""
    warehouse.prepare(settings, places.discover() if sources is None else sources)


def fix_clock(settings: Settings, sources: Mapping[str, Source] | None = None) -> datetime:
    """See warehouse.fix_clock; of all sources where none are named."""
    return warehouse.fix_clock(settings, places.discover() if sources is None else sources)


def load_source(source: Source, settings: Settings, *, full_refresh: bool = False) -> LoadResult:
    """Extract each account of one source and load what came; never raises for the source's own fault, and then keeps what was loaded before.

    `full_refresh` forgets the source's place and replaces the content of its tables, but adds to those that hold
    snapshots (keyed by `_observed_at`): no API gives yesterday's counters again. Call prepare() first.
    """
    return Loading(source, settings, full_refresh).finish()


class Loading:
    """One source from its place to what became of it. Sources extract side by side where they are started; who finishes them writes.

    Made and finished in the thread that writes the warehouse; `start` gives the asking in between to a thread of its own.
    """

    def __init__(self, source: Source, settings: Settings, full_refresh: bool = False) -> None:
        remove_leftovers(settings, source)
        self._source = source
        self._thread: threading.Thread | None = None
        self._accounts: dict[str | None, _Account] = {}
        self._failed: LoadResult | None = None
        try:
            accounts = settings.accounts(source.name)
        except SettingsError as fault:
            self._failed = written(settings, source, None, "failed", str(fault))
            return
        forget_accounts(settings, source, accounts)
        self._accounts = {account: _Account(source, account, settings, full_refresh) for account in accounts}

    def start(self) -> None:
        """Ask the source from now on; a thread that nobody waits for does not outlive its process."""
        self._thread = threading.Thread(target=self._extract, name=f"extract {self._source.name}", daemon=True)
        self._thread.start()

    def _extract(self) -> None:
        for account in self._accounts.values():
            account.extract()

    def finish(self) -> LoadResult:
        """Wait for what was asked, and load it."""
        if self._thread is None:
            self._extract()
        else:
            self._thread.join()
        if self._failed:
            return self._failed
        return together(self._source, {name: account.finish() for name, account in self._accounts.items()})


class _Account:
    """One account of a source: its place, its extraction and its load; a fault of any is told by the last."""

    def __init__(self, source: Source, account: str | None, settings: Settings, full_refresh: bool) -> None:
        self.source, self.account, self.settings, self.full_refresh = source, account, settings, full_refresh
        self.warnings: list[str] = []
        self.deliveries: list[Delivery] = []
        self.run: Run | None = None
        self.fault: Exception | None = None
        self.missing = settings.missing(source.name, source.settings, account)
        if self.missing:
            return
        try:
            self._begin()
        except Exception as fault:
            self.fault = fault

    def _begin(self) -> None:
        with connect(self.settings):  # held open: each of the small questions below would open the file anew
            self.pipeline = _pipeline(self.source, self.settings, self.warnings)
            self.stored, stale = _stored_tables(self.source, self.settings)
        if stale and not self.full_refresh:
            raise SchemaDrift(stale[0][1])
        self.before = {} if self.full_refresh else _place(self._state(), self.account)
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        self.run = Run(self.source, self.settings, copy.deepcopy(self.before), run_id, self.account)

    def _state(self) -> dict[str, Any]:
        return dict(self.pipeline.state.get("sources", {}).get(self.source.name, {}))

    def extract(self) -> None:
        if self.run is None:
            return
        try:
            self.source.extract(self.run)
            replaced = (table.name for table in self.source.tables if self.full_refresh and not is_history(table))
            self.deliveries = self.run.deliveries(replaced, self.stored)
        except Exception as fault:
            self.fault = fault

    def finish(self) -> LoadResult:
        source, settings, account, run = self.source, self.settings, self.account, self.run
        if self.missing:
            cure = f"not configured: set {' and '.join(self.missing)} (in .env or the environment)"
            return written(settings, source, account, "not_configured", cure)
        try:
            if self.fault or run is None:
                raise self.fault or AssertionError("an extraction that was not begun cannot be finished")
            # held open: dlt opens it for each step and each table, and whoever closes it last writes all of it down
            with connect(settings):
                keep_unknown_fields(settings, run)
                keep_withdrawn(settings, run)
                # what an account before this one did: its place, and tables that it made anew
                _, stale = _stored_tables(source, settings)
                _make_anew(source, settings, [name for name, _ in stale])
                if self.deliveries or run.state != self.before:
                    place = _with_place(self._state(), account, run.state)
                    load_package(self.pipeline, source, account, place, self.deliveries, self.full_refresh)
        except Exception as fault:
            reason = reason_of(fault, Tokens(settings, source, account).secrets())
            network = is_network(fault)
            return written(settings, source, account, "failed", reason, run=run, is_network=network, warnings=self.warnings)
        finally:
            if run is not None:
                run.discard()
        rows = {delivery.table.name: delivery.rows for delivery in self.deliveries if delivery.rows}
        return written(settings, source, account, "loaded", None, run=run, rows=rows, warnings=self.warnings)


def _place(state: Mapping[str, Any], account: str | None) -> dict[str, Any]:
    """The place of one account in the state of its source."""
    if account is not None:
        return dict(state.get(ACCOUNTS, {}).get(account, {}))
    return {name: value for name, value in state.items() if name != ACCOUNTS}


def _with_place(state: Mapping[str, Any], account: str | None, place: Mapping[str, Any]) -> dict[str, Any]:
    if account is None:
        return dict(place)
    return {ACCOUNTS: {**state.get(ACCOUNTS, {}), account: place}}


def _pipeline(source: Source, settings: Settings, warnings: list[str]) -> dlt.Pipeline:
    """The source's pipeline, with what a crashed run left loaded, and its state the one that the warehouse holds."""
    with connect(settings) as connection:
        folder = settings.warehouse_path.parent / "dlt" / f"{settings.warehouse_path.stem}-{warehouse.warehouse_id(connection)}"
    pipeline = dlt.pipeline(
        pipeline_name=source.name,
        pipelines_dir=str(folder),
        # Raw rows have keys, not an order: keeping one costs a third of the time and of the memory of an insert.
        destination=keyed_duckdb(DuckDbCredentials(str(settings.warehouse_path), global_config={"preserve_insertion_order": False})),
        dataset_name=f"raw_{source.name}",
    )
    if pipeline.has_pending_data:
        try:
            pipeline.normalize()
            pipeline.load()
        except PipelineStepFailed:
            # Its rows are not lost: the state was not stored either, so that they are fetched again.
            warnings.append("an earlier load had been cut short and could not be finished; its rows are fetched again")
            pipeline = pipeline.drop()
    stored = _stored_version(settings, source)
    if pipeline.state.get("_version_hash") != stored and not (stored is None and pipeline.first_run):
        # The folder is ahead of the warehouse or behind it (lost, or the warehouse came back from a copy): the warehouse is right.
        pipeline = pipeline.drop()
        pipeline.sync_destination()
    return pipeline


def _stored_tables(source: Source, settings: Settings) -> tuple[dict[str, dict[str, str]], list[tuple[str, str]]]:
    """Table -> column -> type as stored; and (table, what differs from the declaration and could not be converted)."""
    with connect(settings) as connection:
        present = stored_columns(connection)
    tables, stale = {}, []
    for table in source.tables:
        columns = tables[table.name] = present[f"raw_{source.name}", table.name]
        spelt = {name.lower(): type_ for name, type_ in columns.items()}
        for name, type_ in table.stored.items():
            if spelt[name.lower()] != type_:
                differs = f"source {source.name}, table {table.name}, column {name}: stored as {spelt[name.lower()]}, now declared {type_}"
                stale.append((table.name, f"{differs}, and the stored values do not convert; load the source again with --full-refresh"))
    return tables, stale


def _make_anew(source: Source, settings: Settings, tables: list[str]) -> None:
    """Only in a full refresh, and only after its rows have come: a table whose columns changed type starts empty."""
    if tables:
        schema = f"raw_{source.name}"
        with connect(settings) as connection, transaction(connection):
            for name in set(tables):
                make_table(connection, schema, name, source.table(name).stored)
            # A kill before the load must not leave empty tables with a place that says they are full.
            if (schema, "_dlt_pipeline_state") in stored_columns(connection):
                connection.execute(f"delete from {quoted(schema)}._dlt_pipeline_state")


def _stored_version(settings: Settings, source: Source) -> str | None:
    schema = quoted(f"raw_{source.name}")
    with connect(settings) as connection:
        try:
            row = connection.execute(
                f"select version_hash from {schema}._dlt_pipeline_state where _dlt_load_id in (select load_id from {schema}._dlt_loads where status = 0) "
                "order by version desc, created_at desc limit 1"
            ).fetchone()
        except duckdb.CatalogException:
            return None
    return row[0] if row else None

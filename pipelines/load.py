"""Sources -> raw_<source>: each extraction becomes one dlt package of Parquet files, merged on keys, with its state beside its rows."""

import copy
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
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
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings, SettingsError
from pipelines.spool import Delivery, SchemaDrift
from pipelines.tokens import Tokens
from pipelines.warehouse import connect, make_table, quoted, stored_columns, transaction, warehouse_lock

ACCOUNTS = "_accounts"  # in a source's state: the place of each account that has a name
__all__ = ["LoadResult", "fix_clock", "load_source", "prepare", "warehouse_lock"]
dlt.config["load.delete_completed_jobs"] = True  # they would keep a copy of every row beside the warehouse
dlt.config["normalize.workers"] = 1


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
    remove_leftovers(settings, source)
    try:
        accounts = settings.accounts(source.name)
    except SettingsError as fault:
        return written(settings, source, None, "failed", str(fault))
    forget_accounts(settings, source, accounts)
    return together(source, {account: _load_account(source, account, settings, full_refresh) for account in accounts})


def _load_account(source: Source, account: str | None, settings: Settings, full_refresh: bool) -> LoadResult:
    missing = settings.missing(source.name, source.settings, account)
    if missing:
        cure = f"not configured: set {' and '.join(missing)} (in .env or the environment)"
        return written(settings, source, account, "not_configured", cure)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    run: Run | None = None
    warnings: list[str] = []
    try:
        pipeline = _pipeline(source, settings, warnings)
        stored, stale = _stored_tables(source, settings)
        if stale and not full_refresh:
            raise SchemaDrift(stale[0][1])
        state = dict(pipeline.state.get("sources", {}).get(source.name, {}))
        before = {} if full_refresh else _place(state, account)
        run = Run(source, settings, copy.deepcopy(before), run_id, account)
        source.extract(run)
        replaced = (table.name for table in source.tables if full_refresh and not _is_history(table))
        deliveries = run.deliveries(replaced, stored)
        keep_unknown_fields(settings, run)
        keep_withdrawn(settings, run)
        _make_anew(source, settings, [name for name, _ in stale])
        if deliveries or run.state != before:
            _load(pipeline, source, account, _with_place(state, account, run.state), deliveries, full_refresh)
    except Exception as fault:
        reason = reason_of(fault, Tokens(settings, source, account).secrets())
        return written(settings, source, account, "failed", reason, run=run, is_network=is_network(fault), warnings=warnings)
    finally:
        if run is not None:
            run.discard()
    rows = {delivery.table.name: delivery.rows for delivery in deliveries if delivery.rows}
    return written(settings, source, account, "loaded", None, run=run, rows=rows, warnings=warnings)


def _place(state: Mapping[str, Any], account: str | None) -> dict[str, Any]:
    """The place of one account in the state of its source."""
    if account is not None:
        return dict(state.get(ACCOUNTS, {}).get(account, {}))
    return {name: value for name, value in state.items() if name != ACCOUNTS}


def _with_place(state: Mapping[str, Any], account: str | None, place: Mapping[str, Any]) -> dict[str, Any]:
    if account is None:
        return dict(place)
    return {ACCOUNTS: {**state.get(ACCOUNTS, {}), account: place}}


def _is_history(table: RawTable) -> bool:
    return "_observed_at" in table.key


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


def _hint(type_: str) -> dict[str, Any]:
    """DuckDB type -> dlt column hint; it must make the very column that prepare() made."""
    simple = {"VARCHAR": "text", "BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "bool", "DATE": "date", "JSON": "json"}
    if type_ in simple:
        return {"data_type": simple[type_], "nullable": True}
    if type_ == "TIMESTAMP":
        return {"data_type": "timestamp", "timezone": False, "precision": 6, "nullable": True}
    precision, scale = type_.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return {"data_type": "decimal", "precision": int(precision), "scale": int(scale), "nullable": True}


def _scope(table: RawTable, account: str | None, is_full: bool) -> str:
    """Which stored rows a load takes away before it adds its own, in one transaction. Always given, since dlt keeps the last one."""
    is_anew = is_full and not _is_history(table)
    if is_anew and account is None:
        return "1 = 1"
    if table.scope:
        column = quoted(table.scope)
        return f"{column} IN (SELECT {column} FROM {{staging_table}})"
    same = " AND ".join(f"s.{quoted(name)} = {{table}}.{quoted(name)}" for name in table.key)
    keyed = f"EXISTS (SELECT 1 FROM {{staging_table}} AS s WHERE {same})"
    return f"_account = '{account}' OR {keyed}" if is_anew else keyed


def _load(
    pipeline: dlt.Pipeline, source: Source, account: str | None, state: Mapping[str, Any], deliveries: list[Delivery], is_full: bool
) -> None:
    """One package: a file of each table and the new state. Right under kill at any point: see ARCHITECTURE decision 10."""
    schema = dlt.Schema(source.name, normalizers={"names": "direct", "json": {"module": "dlt.common.normalizers.json.relational"}})

    def resource(name: str, path: Path | None, rows: int, **hints: Any) -> dlt.sources.DltResource:
        def items() -> Iterator[Any]:
            kept = dlt.current.source_state()
            kept.clear()
            kept.update(state)
            if path is not None:
                yield dlt.mark.with_file_import(str(path), "parquet", items_count=rows)

        return dlt.resource(items, name=name, **hints)

    resources = []
    for delivery in deliveries:
        columns = {name: _hint(type_) for name, type_ in delivery.columns.items()}
        if delivery.table.scope:
            columns["_deleted"]["hard_delete"] = True
        resources.append(
            resource(
                delivery.table.name,
                delivery.path,
                delivery.rows,
                columns=columns,
                primary_key=list(delivery.table.key),
                write_disposition={
                    "disposition": "merge",
                    "strategy": "delete-insert",
                    "destination_scope": _scope(delivery.table, account, is_full),
                },
            )
        )
    package = dlt.sources.DltSource(schema, "pipelines", resources or [resource("place", None, 0)])
    package.max_table_nesting = 0
    try:
        pipeline.extract(package)
        pipeline.normalize()
        pipeline.load()
    except PipelineStepFailed:
        pipeline.drop()
        raise
    shutil.rmtree(Path(pipeline.working_dir) / "load" / "loaded", ignore_errors=True)

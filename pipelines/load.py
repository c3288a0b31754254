"""Sources -> raw_<source>: each extraction becomes one dlt package of Parquet files, merged on keys, with its state beside its rows."""

import copy
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import dlt
import duckdb
import httpx
from dlt.common.destination.exceptions import DestinationException
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines import sources as places
from pipelines import warehouse
from pipelines.destination import keyed_duckdb
from pipelines.extraction import Run, remove_leftovers
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings
from pipelines.spool import Delivery, SchemaDrift
from pipelines.warehouse import connect, literal, make_table, quoted, stored_columns, transaction, warehouse_lock

__all__ = ["LoadResult", "fix_clock", "load_source", "prepare", "warehouse_lock"]
dlt.config["load.delete_completed_jobs"] = True  # they would keep a copy of every row beside the warehouse
dlt.config["normalize.workers"] = 1
dlt.config["runtime.log_level"] = "CRITICAL"  # faults come back as exceptions and are told once, without values
State = Literal["loaded", "empty", "not_configured", "failed"]


@dataclass(frozen=True)
class LoadResult:
    """What became of one source. `rows` were loaded now, `totals` stand in the warehouse; both by table."""

    source: str
    state: State
    reason: str | None = None
    is_network: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def prepare(settings: Settings, sources: Mapping[str, Source] | None = None) -> None:
    """See warehouse.prepare; of all sources where none are named."""
    warehouse.prepare(settings, places.discover() if sources is None else sources)


def fix_clock(settings: Settings, sources: Mapping[str, Source] | None = None) -> datetime:
    """See warehouse.fix_clock; of all sources where none are named."""
    return warehouse.fix_clock(settings, places.discover() if sources is None else sources)


def load_source(source: Source, settings: Settings, *, full_refresh: bool = False) -> LoadResult:
    """Extract one source and load what came; never raises for the source's own fault, and then keeps what was loaded before.

    `full_refresh` forgets the source's place and replaces the content of its tables, but adds to those that hold
    snapshots (keyed by `_observed_at`): no API gives yesterday's counters again. Call prepare() first.
    """
    missing = settings.missing(source.name, source.settings)
    if missing:
        return _written(settings, source, "not_configured", f"not configured: set {' and '.join(missing)} (in .env or the environment)")
    remove_leftovers(settings, source)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    run: Run | None = None
    warnings: list[str] = []
    try:
        pipeline = _pipeline(source, settings, warnings)
        stored, stale = _stored_tables(source, settings)
        if stale and not full_refresh:
            raise SchemaDrift(stale[0][1])
        before = {} if full_refresh else dict(pipeline.state.get("sources", {}).get(source.name, {}))
        run = Run(source, settings, copy.deepcopy(before), run_id)
        source.extract(run)
        replaced = (table.name for table in source.tables if full_refresh and not _is_history(table))
        deliveries = run.deliveries(replaced, stored)
        _keep_unknown_fields(settings, run)
        _make_anew(source, settings, [name for name, _ in stale])
        if deliveries or run.state != before:
            _load(pipeline, source, run.state, deliveries, full_refresh)
    except Exception as fault:
        return _written(settings, source, "failed", _reason(fault, settings, source), run=run, is_network=_is_network(fault), warnings=warnings)
    finally:
        if run is not None:
            run.discard()
    rows = {delivery.table.name: delivery.rows for delivery in deliveries if delivery.rows}
    return _written(settings, source, "loaded", None, run=run, rows=rows, warnings=warnings)


def _is_history(table: RawTable) -> bool:
    return "_observed_at" in table.key


def _pipeline(source: Source, settings: Settings, warnings: list[str]) -> dlt.Pipeline:
    """The source's pipeline, with what a crashed run left loaded, and its state the one that the warehouse holds."""
    with connect(settings) as connection:
        folder = settings.warehouse_path.parent / "dlt" / f"{settings.warehouse_path.stem}-{warehouse.warehouse_id(connection)}"
    pipeline = dlt.pipeline(
        pipeline_name=source.name,
        pipelines_dir=str(folder),
        destination=keyed_duckdb(str(settings.warehouse_path)),
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
    if pipeline.state.get("_version_hash") != _stored_version(settings, source):
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
        with connect(settings) as connection, transaction(connection):
            for name in set(tables):
                make_table(connection, f"raw_{source.name}", name, source.table(name).stored)


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


def _scope(table: RawTable, is_full: bool) -> str:
    """Which stored rows a load takes away before it adds its own, in one transaction. Always given, since dlt keeps the last one."""
    if is_full and not _is_history(table):
        return "1 = 1"
    if table.scope:
        column = quoted(table.scope)
        return f"{column} IN (SELECT {column} FROM {{staging_table}})"
    same = " AND ".join(f"s.{quoted(name)} = {{table}}.{quoted(name)}" for name in table.key)
    return f"EXISTS (SELECT 1 FROM {{staging_table}} AS s WHERE {same})"


def _load(pipeline: dlt.Pipeline, source: Source, state: Mapping[str, Any], deliveries: list[Delivery], is_full: bool) -> None:
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
                write_disposition={"disposition": "merge", "strategy": "delete-insert", "destination_scope": _scope(delivery.table, is_full)},
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


def _is_network(fault: BaseException) -> bool:
    return bool(getattr(fault, "is_network", False)) or isinstance(fault, (httpx.TransportError, ConnectionError, TimeoutError))


def _reason(fault: BaseException, settings: Settings, source: Source) -> str:
    """The message of a fault on one line, without any secret of the source in it."""
    while isinstance(fault, PipelineStepFailed) and fault.__cause__:
        fault = fault.__cause__
    message = " ".join(str(fault).split()) or type(fault).__name__
    if isinstance(fault, DestinationException):
        message = re.sub(r"'[^']*'", "'...'", message)  # DuckDB repeats values
    secrets = [setting.name for setting in source.settings if setting.is_secret]
    for name, value in settings.source(source.name, source.settings).items():
        if name in secrets and value:
            message = message.replace(value, "***")
    return message


def _keep_unknown_fields(settings: Settings, run: Run) -> None:
    """Names only. Written before the rows are loaded: they were sent, whatever becomes of the load."""
    found = run.unknown_fields()
    if not found:
        return
    with connect(settings) as connection, transaction(connection):
        for table, name, seen in found:
            connection.execute(
                "insert into raw_goodwill.unknown_fields select $source, $table, $field, $seen where not exists ("
                "from raw_goodwill.unknown_fields where source = $source and raw_table = $table and field = $field)",
                {"source": run.source.name, "table": table, "field": name, "seen": seen},
            )


def _written(
    settings: Settings,
    source: Source,
    state: State,
    reason: str | None,
    *,
    run: Run | None = None,
    is_network: bool = False,
    rows: Mapping[str, int] | None = None,
    warnings: list[str] | None = None,
) -> LoadResult:
    """Write down in raw_goodwill what became of the source, in one transaction, and nothing where nothing changed."""
    schema = quoted(f"raw_{source.name}")
    with connect(settings) as connection, transaction(connection):
        former = {
            row[0]: row[1:]
            for row in connection.execute("select raw_table, api_total, fresh_until from raw_goodwill.loads where source = ?", [source.name]).fetchall()
        }
        totals, lines = {}, []
        for table in source.tables:
            latest = "max(_observed_at)" if not table.scope else "null::timestamp"
            total, fresh_until = connection.execute(f"select count(*), {latest} from {schema}.{quoted(table.name)}").fetchone()  # type: ignore[misc]
            totals[table.name] = total
            api_total, answered_at = former.get(table.name, (None, None))
            if run is not None and state == "loaded":
                api_total = run.api_totals.get(table.name, api_total)
                answered_at = max(filter(None, (answered_at, run.answered_at(table.name))), default=None)
            fresh_until = max(filter(None, (fresh_until, answered_at)), default=None)
            table_state = "empty" if state == "loaded" and total == 0 else state
            for entity in table.entities or (None,):
                lines.append((source.name, table.name, entity, table_state, reason, total, api_total, fresh_until))
        _replace(connection, "loads", source, lines)
        if run is not None and state == "loaded" and any(table.scope for table in source.tables):
            _replace(connection, "refused_files", None, sorted(run.refused, key=str))
    if state == "loaded" and not any(totals.values()):
        state = "empty"
    return LoadResult(source.name, state, reason, is_network, rows or {}, totals, (warnings or []) + (run.warnings if run else []))


def _replace(connection: duckdb.DuckDBPyConnection, table: str, source: Source | None, rows: list[tuple[Any, ...]]) -> None:
    where = f"where source = {literal(source.name)}" if source else ""
    if connection.execute(f"from raw_goodwill.{table} {where}").fetchall() == rows:
        return
    connection.execute(f"delete from raw_goodwill.{table} {where}")
    if rows:
        connection.executemany(f"insert into raw_goodwill.{table} values ({', '.join('?' * len(rows[0]))})", rows)

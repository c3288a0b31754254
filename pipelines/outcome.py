"""What became of a source -> raw_goodwill: state, totals, unknown fields, refused files; free of run ids and wall clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb
import httpx
from dlt.common.destination.exceptions import DestinationException
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines.extraction import Run
from pipelines.raw import Source
from pipelines.settings import Settings
from pipelines.warehouse import connect, literal, quoted, transaction

# Columns that say that the source no longer has a row which stays here: its total is compared with the others.
GONE = {"deleted_at": "is not null", "merged_into": "is not null", "is_deleted": "is true"}
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


def is_network(fault: BaseException) -> bool:
    return bool(getattr(fault, "is_network", False)) or isinstance(fault, (httpx.TransportError, ConnectionError, TimeoutError))


def reason_of(fault: BaseException, settings: Settings, source: Source) -> str:
    """The message of a fault on one line, without any secret of the source in it."""
    if isinstance(fault, PipelineStepFailed):
        fault = fault.exception
    fault = getattr(fault, "client_exception", fault)
    message = " ".join(str(fault).split()) or type(fault).__name__
    if isinstance(fault, DestinationException):
        message = re.sub(r"'[^']*'", "'...'", message)  # DuckDB repeats values
    secrets = [setting.name for setting in source.settings if setting.is_secret]
    for name, value in settings.source(source.name, source.settings).items():
        if name in secrets and value:
            message = message.replace(value, "***")
    return message


def keep_unknown_fields(settings: Settings, run: Run) -> None:
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


def written(
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
            for row in connection.execute(
                "select raw_table, api_total, fresh_until from raw_goodwill.loads where source = ?", [source.name]
            ).fetchall()
        }
        totals, lines = {}, []
        for table in source.tables:
            latest = "max(_observed_at)" if not table.scope else "null::timestamp"
            gone = " or ".join(f"{quoted(name)} {test}" for name, test in GONE.items() if name in table.columns) or "false"
            total, present, fresh_until = connection.execute(  # type: ignore[misc]
                f"select count(*), count(*) filter (where not ({gone})), {latest} from {schema}.{quoted(table.name)}"
            ).fetchone()
            totals[table.name] = total
            api_total, answered_at = former.get(table.name, (None, None))
            if run is not None and state == "loaded":
                api_total = run.api_totals.get(table.name, api_total)
                answered_at = max(filter(None, (answered_at, run.answered_at(table.name))), default=None)
            fresh_until = max(filter(None, (fresh_until, answered_at)), default=None)
            table_state = "empty" if state == "loaded" and total == 0 else state
            entity = next(iter(table.entities), None)
            lines.append((source.name, table.name, entity, table_state, reason, present, api_total, fresh_until))
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

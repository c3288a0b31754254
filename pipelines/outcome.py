"""What became of a source -> raw_goodwill: state, totals, unknown fields, refused files; free of run ids and wall clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb
from dlt.common.destination.exceptions import DestinationException
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines.extraction import Run
from pipelines.keys import without_addresses
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings
from pipelines.warehouse import connect, literal, quoted, transaction

# Columns that say that the source's own total leaves out a row which stays here: it is gone there, or was never in the listing.
GONE = {"deleted_at": "is not null", "merged_into": "is not null", "is_deleted": "is true", "is_listed": "is false"}
State = Literal["loaded", "empty", "not_configured", "failed"]


@dataclass(frozen=True)
class LoadResult:
    """What became of one source, or of one of its accounts. `rows` were loaded now, `totals` stand in the warehouse; both by table."""

    source: str
    state: State
    reason: str | None = None
    is_network: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def is_network(fault: BaseException) -> bool:
    return bool(getattr(fault, "is_network", False)) or isinstance(fault, (ConnectionError, TimeoutError))


def reason_of(fault: BaseException, secrets: set[str]) -> str:
    """The message of a fault on one line, without an address and without any of these secrets in it."""
    if isinstance(fault, PipelineStepFailed):
        fault = fault.exception
    fault = getattr(fault, "client_exception", fault)
    message = without_addresses(" ".join(str(fault).split())) or type(fault).__name__
    if isinstance(fault, DestinationException):
        message = re.sub(r"'[^']*'", "'...'", message)  # DuckDB repeats values
    for value in sorted(secrets, key=len, reverse=True):
        message = message.replace(value, "***")
    return message


def together(source: Source, of_accounts: Mapping[str | None, LoadResult]) -> LoadResult:
    """What became of a source from what became of each of its accounts: failed where one failed, which is named."""
    results = list(of_accounts.values())
    if None in of_accounts:
        return results[0]
    failed = {account: result for account, result in of_accounts.items() if result.state in ("failed", "not_configured")}
    sums: dict[str, dict[str, int]] = {"rows": {}, "totals": {}}
    for result in results:
        for name, counts in (("rows", result.rows), ("totals", result.totals)):
            sums[name] |= {table: sums[name].get(table, 0) + count for table, count in counts.items()}
    states: list[State] = ["failed", "not_configured", "loaded", "empty"]
    return LoadResult(
        source.name,
        "failed" if failed and len(failed) < len(results) else min((result.state for result in results), key=states.index),
        "; ".join(f"account {account}: {result.reason}" for account, result in failed.items()) or None,
        bool(failed) and all(result.is_network for result in failed.values()),
        sums["rows"],
        sums["totals"],
        [f"account {account}: {warning}" for account, result in of_accounts.items() for warning in result.warnings],
    )


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


def keep_withdrawn(settings: Settings, run: Run) -> None:
    """Metrics that the platform no longer gives, dated by the first answer that refused them."""
    if not run.metrics:
        return
    with connect(settings) as connection, transaction(connection):
        for (entity, measure), since in run.metrics.items():
            values = {"source": run.source.name, "account": run.account, "entity": entity, "measure": measure}
            same = " and ".join(f"{name} is not distinct from ${name}" for name in values)
            if since is None:
                connection.execute(f"delete from raw_goodwill.withdrawn_metrics where {same}", values)
            else:
                connection.execute(
                    "insert into raw_goodwill.withdrawn_metrics select $source, $account, $entity, $measure, $since "
                    f"where not exists (from raw_goodwill.withdrawn_metrics where {same})",
                    {**values, "since": since},
                )


def forget_accounts(settings: Settings, source: Source, accounts: tuple[str | None, ...]) -> None:
    """What was written down of accounts that are no longer listed; their rows stay."""
    listed = ", ".join(literal(account) for account in accounts if account)
    gone = f"account is null or account not in ({listed})" if listed else "account is not null"
    with connect(settings) as connection, transaction(connection):
        for table in ("loads", "withdrawn_metrics"):
            connection.execute(f"delete from raw_goodwill.{table} where source = {literal(source.name)} and ({gone})")


def is_gone(table: RawTable) -> str:
    """Condition for rows that the source no longer has."""
    return " or ".join(f"{quoted(name)} {test}" for name, test in GONE.items() if name in table.columns) or "false"


def written(
    settings: Settings,
    source: Source,
    account: str | None,
    state: State,
    reason: str | None,
    *,
    run: Run | None = None,
    is_network: bool = False,
    rows: Mapping[str, int] | None = None,
    warnings: list[str] | None = None,
) -> LoadResult:
    """Write down in raw_goodwill what became of the source's account, in one transaction, and nothing where nothing changed."""
    schema = quoted(f"raw_{source.name}")
    mine = f"_account = {literal(account)}" if account else "true"
    lines_of = f"source = {literal(source.name)} and account is not distinct from {literal(account) if account else 'null'}"
    with connect(settings) as connection, transaction(connection):
        former = {
            row[0]: row[1:]
            for row in connection.execute(
                f"select raw_table, api_total, fresh_until, erased_total from raw_goodwill.loads where {lines_of}"
            ).fetchall()
        }
        totals, lines = {}, []
        for table in source.tables:
            latest = "max(_observed_at)" if not table.scope else "null::timestamp"
            total, present, fresh_until = connection.execute(  # type: ignore[misc]
                f"select count(*), count(*) filter (where not ({is_gone(table)})), {latest} from {schema}.{quoted(table.name)} where {mine}"
            ).fetchone()
            totals[table.name] = total
            api_total, answered_at, erased = former.get(table.name, (None, None, None))
            present += erased or 0  # what was loaded counts as loaded, also after somebody was forgotten
            if run is not None and state == "loaded":
                api_total = run.api_totals.get(table.name, api_total)
                if table.name in run.listings and table.name not in run.api_totals:
                    api_total = present + _lost(
                        connection, f"{schema}.{quoted(table.name)} where {mine}", table.key[0], run.listings[table.name]
                    )
                answered_at = max(filter(None, (answered_at, run.answered_at(table.name))), default=None)
            fresh_until = max(filter(None, (fresh_until, answered_at)), default=None)
            table_state = "empty" if state == "loaded" and total == 0 else state
            entity = next(iter(table.entities), None)
            lines.append((source.name, table.name, entity, table_state, reason, present, api_total, fresh_until, account, erased))
        _replace(connection, "loads", lines_of, lines)
        if run is not None and state == "loaded" and any(table.scope for table in source.tables):
            _replace(connection, "refused_files", "true", sorted(run.refused, key=str))
    if state == "loaded" and not any(totals.values()):
        state = "empty"
    return LoadResult(source.name, state, reason, is_network, rows or {}, totals, (warnings or []) + (run.warnings if run else []))


def _lost(connection: duckdb.DuckDBPyConnection, stored: str, id_: str, listed: set[str]) -> int:
    """How many of the ids that the source listed did not arrive: with what is there they are as many as it has."""
    arrived = {id_ for (id_,) in connection.execute(f"select distinct {quoted(id_)} from {stored}").fetchall()} if listed else set()
    return len(listed - arrived)


def _replace(connection: duckdb.DuckDBPyConnection, table: str, which: str, rows: list[tuple[Any, ...]]) -> None:
    if connection.execute(f"from raw_goodwill.{table} where {which}").fetchall() == rows:
        return
    connection.execute(f"delete from raw_goodwill.{table} where {which}")
    if rows:
        connection.executemany(f"insert into raw_goodwill.{table} values ({', '.join('?' * len(rows[0]))})", rows)

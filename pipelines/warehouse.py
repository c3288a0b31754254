"""Settings -> the warehouse file: opened, locked, stamped, with every raw table in place and one clock."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import duckdb
from filelock import FileLock, Timeout

from pipelines.keys import ADDRESS_PATTERN, AT_SIGNS, ESCAPED_AT_SIGNS, MASK, Keys
from pipelines.notes import GOODWILL_TABLES
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings

BEFORE_ALL_DATA = datetime(1970, 1, 1)
# Times at which something had happened; planned ends are none. A file's latest one dates a warehouse that has files only.
EVENT_COLUMNS = frozenset(
    [
        *("posted_at", "observed_at", "occurred_at", "created_at", "closed_at", "opened_at", "resolved_at", "answered_at", "invited_at"),
        *("recorded_at", "requested_at", "matched_at", "labelled_at", "submitted_at", "reviewed_at", "restated_at", "date"),
    ]
)
BEGINNINGS = frozenset(["started_at", "period_start", "valid_from"])
ENDS = frozenset(["ended_at", "period_end", "valid_to", "left_at"])


class WarehouseError(Exception):
    """The warehouse cannot be used as asked; the message holds the cure."""


def quoted(identifier: str) -> str:
    """An SQL identifier, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"


# Ids that a company gives its partners itself, so that somebody may have taken the address for one.
PARTY_IDS = frozenset(["account_id", "contact_id", "external_id"])


def masked(expression: str) -> str:
    """SQL: the text with the e-mail addresses in it masked; cheap where there can be none."""
    return _where_addresses_may_be(expression, f"regexp_replace({expression}, {literal(ADDRESS_PATTERN)}, {literal(MASK)}, 'g')")


def unless_an_address(expression: str) -> str:
    """SQL: an id that others are joined on; one that holds an e-mail address, however it is written, would be a person in the clear, and is NULL."""
    return _where_addresses_may_be(
        expression, f"case when not regexp_matches({expression}, {literal(ADDRESS_PATTERN)}) then {expression} end"
    )


def _where_addresses_may_be(expression: str, then: str) -> str:
    """SQL of `then` where a sign for @ stands. Cases in cases, since DuckDB evaluates both sides of every `and`."""

    def stands(signs: tuple[str, ...]) -> str:
        return " or ".join(f"contains({expression}, {literal(sign)})" for sign in signs)

    escaped = f"case when {stands(ESCAPED_AT_SIGNS)} then {then} else {expression} end"
    return f"case when {stands(AT_SIGNS)} then {then} when contains({expression}, '%') then {escaped} else {expression} end"


@contextmanager
def warehouse_lock(settings: Settings, on_wait: Callable[[str], None] = lambda message: None) -> Iterator[None]:
    """One run at a time on a warehouse: the second waits and says so. The lock dies with its process."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    path = settings.warehouse_path.with_name(settings.warehouse_path.name + ".lock")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait(f"another run works on {settings.warehouse_path}; waiting until it has finished")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


# DuckDB refuses a connection to a file that this process holds open with other options, as dlt does: one thread at a time.
_IN_USE = threading.RLock()


@contextmanager
def connect(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in UTC. WarehouseError where another program holds the file open or it is no warehouse."""
    with _IN_USE:
        yield from _connected(settings)


def _connected(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(settings.warehouse_path))
    except duckdb.IOException as fault:
        if "lock" in str(fault).lower():
            raise WarehouseError(
                f"{settings.warehouse_path} is open in another program: close it there, and point readers at {settings.published_path}, which may be read at any time"
            ) from None
        raise WarehouseError(f"{settings.warehouse_path} cannot be opened as a DuckDB file: {fault}") from None
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def warehouse_id(connection: duckdb.DuckDBPyConnection) -> str:
    """What distinguishes this warehouse from one made anew under the same name."""
    row = connection.execute("select warehouse_id from raw_goodwill.stamp").fetchone()
    assert row is not None, "prepare() stamps every warehouse"
    return str(row[0])


def _check_stamp(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    check = Keys.of(settings).check
    row = connection.execute("select is_demo, key_check from raw_goodwill.stamp").fetchone()
    if row is None:
        # Literals here and below: a parameter makes DuckDB import pandas, a second that an empty warehouse need not cost.
        connection.execute(f"insert into raw_goodwill.stamp values ('{secrets.token_hex(8)}', {settings.is_demo}, '{check}')")
    elif row[0] != settings.is_demo:
        holds, wanted = ("the demo company", "real data") if row[0] else ("real data", "the demo company")
        raise WarehouseError(
            f"{settings.warehouse_path} holds {holds} and this run would add {wanted}: the two never share a warehouse; give another WAREHOUSE_PATH"
        )
    elif row[1] != check:
        raise WarehouseError(
            f"the people in {settings.warehouse_path} have keys made with another secret: give the GOODWILL_KEY it was begun with "
            f"(or put its {settings.key_path.name} back); with a new one nobody would be recognised"
        )
    connection.execute(f"insert into raw_goodwill.salt select '{Keys.of(settings).salt}' where not exists (from raw_goodwill.salt)")


def stored_columns(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """(schema, table) -> column -> type of everything in the raw schemas."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, type_ in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() where starts_with(schema_name, 'raw_') order by column_index"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = type_
    return found


def make_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str, columns: Mapping[str, str]) -> None:
    """What dlt itself would make: nullable columns in the declared order."""
    connection.execute(f"create schema if not exists {quoted(schema)}")
    made = ", ".join(f"{quoted(column)} {type_}" for column, type_ in columns.items())
    connection.execute(f"create or replace table {quoted(schema)}.{quoted(name)} ({made})")


def _widen(connection: duckdb.DuckDBPyConnection, at: str, present: Mapping[str, str], columns: Mapping[str, str]) -> None:
    """Add columns that were declared later; give a column its declared type where every stored value keeps its meaning.

    So a field that came unknown, as text, may be declared afterwards. What cannot be converted is told by the load.
    """
    spelt = {name.lower(): name for name in present}
    for column, type_ in columns.items():
        name = spelt.get(column.lower())
        if name is None:
            connection.execute(f"alter table {at} add column {quoted(column)} {type_}")
        elif present[name] != type_:
            # By way of the zoned type: a cast of a text to TIMESTAMP drops the zone without a word.
            way = "timestamptz" if type_ == "TIMESTAMP" else type_
            typed = f"try_cast({quoted(name)} as {way})::{type_}"
            same = "" if type_ in ("TIMESTAMP", "DOUBLE") else f" or {typed}::varchar <> {quoted(name)}::varchar"
            lost = f"select count(*) from {at} where {quoted(name)} is not null and ({typed} is null{same})"
            if connection.execute(lost).fetchone() == (0,):
                connection.execute(f"alter table {at} alter column {quoted(name)} type {type_} using {typed}")


def prepare(settings: Settings, sources: Mapping[str, Source]) -> None:
    """Stamp the warehouse and make every declared raw table that is not there, empty; near free where all are there.

    WarehouseError where the warehouse holds demo data and the run real data (or the reverse), or keys of another secret.
    """
    with connect(settings) as connection, transaction(connection):
        present = stored_columns(connection)
        wanted = {("raw_goodwill", name): columns for name, columns in GOODWILL_TABLES.items()}
        wanted |= {(f"raw_{source.name}", table.name): table.stored for source in sources.values() for table in source.tables}
        for (schema, name), columns in wanted.items():
            if (schema, name) in present:
                _widen(connection, f"{quoted(schema)}.{quoted(name)}", present[schema, name], columns)
            else:
                make_table(connection, schema, name, columns)
        _check_stamp(connection, settings)
        connection.execute(
            f"insert into raw_goodwill.clock select timestamp '{BEFORE_ALL_DATA}', {settings.is_demo} where not exists (from raw_goodwill.clock)"
        )


def _latest(connection: duckdb.DuckDBPyConnection, tables: tuple[RawTable, ...], columns: frozenset[str]) -> datetime | None:
    times = [
        f"select max({quoted(column)}::timestamp) as happened_at from raw_files.{quoted(table.name)} where {quoted(column)}::timestamp <= now()::timestamp"
        for table in tables
        for column in table.columns
        if column in columns and table.name != "exchange_rates"
    ]
    return connection.execute(f"select max(happened_at) from ({' union all '.join(times)})").fetchone()[0] if times else None  # type: ignore[index]


def _latest_event(connection: duckdb.DuckDBPyConnection, tables: tuple[RawTable, ...]) -> datetime | None:
    # the end of a period is often agreed long before, so it says how far the data reach only where nothing else does
    happened = _latest(connection, tables, EVENT_COLUMNS)
    return _latest(connection, tables, (EVENT_COLUMNS | BEGINNINGS) if happened else (BEGINNINGS | ENDS))


def fix_clock(settings: Settings, sources: Mapping[str, Source]) -> datetime:
    """The `as_of` of the build, UTC, as the one row of raw_goodwill.clock.

    GOODWILL_AS_OF; else the later of the latest time at which an API source answered and the latest event or beginning
    of a period in the file drop that is not in the future (of periods alone also the latest end), so that files go on
    where no API answers; else 1970-01-01, since nothing has been loaded.
    """
    with connect(settings) as connection, transaction(connection):
        as_of = settings.as_of
        if as_of is None:
            answered = connection.execute("select max(fresh_until) from raw_goodwill.loads").fetchone()[0]  # type: ignore[index]
            happened = _latest_event(connection, sources["files"].tables) if "files" in sources else None
            as_of = max(filter(None, (answered, happened)), default=None)
        as_of = as_of or BEFORE_ALL_DATA
        if connection.execute("select as_of, is_demo from raw_goodwill.clock").fetchall() != [(as_of, settings.is_demo)]:
            connection.execute("delete from raw_goodwill.clock")
            connection.execute(f"insert into raw_goodwill.clock values (timestamp '{as_of}', {settings.is_demo})")
    return as_of

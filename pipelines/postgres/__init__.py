"""The published file -> the same marts in a PostgreSQL database, all of one build in one transaction, for BI tools that want a server.

What has changed of a mart (of one of days: its months) is deleted and filled again by COPY: readers go on with the build they
began with, nobody waits, and a transaction that fails changes nothing. (TRUNCATE and swaps of tables or views block readers, or
show them no row.)
"""

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.postgres import parts
from pipelines.postgres.connection import EXAMPLE, VARIABLE, connected
from pipelines.publish import Mart, PublishError
from pipelines.settings import Secret
from pipelines.warehouse import literal, quoted

if TYPE_CHECKING:
    from pg8000.native import Connection

READER, RESTRICTED_READER = "goodwill_reader", "goodwill_restricted_reader"
ROLES = {"published": READER, "restricted": RESTRICTED_READER}
LOCK = 0x676F6F64  # one publication at a time in a database
OURS = "Grain: one row per "  # every comment of a mart says its grain: how we know a table of ours that is no mart any more
PATIENCE = "30s"  # for a lock that somebody holds on a table whose columns must change
TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
}


@dataclass(frozen=True)
class Table:
    """A mart as the published file holds it: columns with their PostgreSQL type, in order."""

    mart: Mart
    types: dict[str, str]
    rows: int
    has_null_key: bool  # NULL is a value of its own in the grain (all of time, a deal's own lookback), which no primary key takes

    @property
    def name(self) -> str:
        return f"{quoted(self.mart.schema)}.{quoted(self.mart.name)}"


def _type(mart: Mart, column: str, type_: str) -> str:
    if type_.startswith("DECIMAL("):
        return "numeric(" + type_.removeprefix("DECIMAL(")
    if type_ not in TYPES:
        raise PublishError(f"{mart.table}.{column} is {type_}, for which no PostgreSQL type is chosen: cast it in the mart")
    return TYPES[type_]


def _tables(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> list[Table]:
    found = []
    for mart in marts:
        columns = connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
            [mart.schema, mart.name],
        ).fetchall()
        if not columns:
            continue
        held = " or ".join(f"{quoted(name)} is null" for name in mart.grain)
        counts = connection.execute(
            f"select count(*), count(*) filter (where {held}) from {quoted(mart.schema)}.{quoted(mart.name)}"
        ).fetchone()
        types = {name: _type(mart, name, type_) for name, type_ in columns}
        found.append(Table(mart, types, *((counts[0], counts[1] > 0) if counts else (0, False))))
    return found


def _create(connection: "Connection", table: Table) -> None:
    columns = ", ".join(f"{quoted(name)} {type_}" for name, type_ in table.types.items())
    grain = ", ".join(map(quoted, table.mart.grain))
    key = f"unique nulls not distinct ({grain})" if table.has_null_key else f"primary key ({grain})"
    connection.run(f"create table {table.name} ({columns}, {key})")


def _shape(connection: "Connection", table: Table) -> dict[str, str]:
    rows = connection.run(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(:name) and attnum > 0 and not attisdropped",
        name=table.name,
    )
    return {str(name): str(type_) for name, type_ in rows or ()}


def _has_primary_key(connection: "Connection", table: Table) -> bool:
    return bool(connection.run("select 1 from pg_constraint where conrelid = to_regclass(:name) and contype = 'p'", name=table.name))


def _prepare(connection: "Connection", table: Table) -> bool:
    """The table as its contract has it; whether all of it must be filled.

    A column more is added in place; whatever else has changed is a new version of the mart, made anew.
    """
    there = _shape(connection, table)
    if there and not (set(there.items()) <= set(table.types.items()) and not (table.has_null_key and _has_primary_key(connection, table))):
        connection.run(f"drop table {table.name} cascade")
        there = {}
    if not there:
        _create(connection, table)
    added = [name for name in table.types if there and name not in there]
    for name in added:
        connection.run(f"alter table {table.name} add column {quoted(name)} {table.types[name]}")
    if "date" in table.mart.grain:  # what a chart of some weeks looks for; small, since rows of a month lie together
        index = quoted(f"{table.mart.name}_by_date")
        connection.run(f"create index if not exists {index} on {table.name} using brin (date)")
    parts.watch(connection, table.mart)
    return bool(added) or not there


def _replace(connection: "Connection", published: duckdb.DuckDBPyConnection, table: Table, where: str, folder: Path) -> None:
    """DELETE and COPY, by way of a file: text is quoted and an unquoted \\N is NULL. PostgreSQL cannot hold U+0000, which becomes U+FFFD."""
    connection.run(f"delete from {table.name} where {where}")
    columns = ", ".join(map(quoted, table.types))
    texts = [name for name, type_ in table.types.items() if type_ == "text"]
    taken = ", ".join(
        f"replace({quoted(name)}, chr(0), chr(65533)) as {quoted(name)}" if name in texts else quoted(name) for name in table.types
    )
    quotes = f", force_quote ({', '.join(map(quoted, texts))})" if texts else ""
    path = folder / "rows.csv"
    rows = f"select {taken} from {table.name} where {where}"
    published.execute(f"copy ({rows}) to {literal(str(path))} (format csv, header false, nullstr '\\N'{quotes})")
    with path.open("rb") as stream:
        connection.run(f"copy {table.name} ({columns}) from stdin (format csv, null '\\N')", stream=stream)
    path.unlink()


def _fill(connection: "Connection", published: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> bool:
    """Every row of the mart stands there, and no other; whether anything had to be replaced."""
    is_new = _prepare(connection, table)
    now = parts.in_file(published, table.mart)
    there = {} if is_new else parts.in_postgres(connection, table.mart)
    changed = parts.stale(there, now) if there else [parts.WHOLE]
    if changed:
        _replace(connection, published, table, " or ".join(parts.condition(table.mart, part) for part in changed), folder)
        parts.keep(connection, table.mart, now)
    rows = connection.run(f"select count(*) from {table.name}")
    if not rows or rows[0][0] != table.rows:
        raise PublishError(f"{table.mart.table}: {rows[0][0] if rows else 'no'} rows stand there of {table.rows:,}; nothing is published")
    return bool(changed)


def _describe(connection: "Connection", table: Table) -> None:
    connection.run(f"comment on table {table.name} is {_literal(table.mart.description)}")
    for name in table.types:
        connection.run(f"comment on column {table.name}.{quoted(name)} is {_literal(table.mart.columns.get(name, ''))}")


def _literal(text: str) -> str:
    """A string of PostgreSQL whatever `standard_conforming_strings` is; a colon would be taken for a parameter in no literal."""
    return "E" + literal(text.replace("\\", "\\\\"))


def _grant(connection: "Connection", tier: str, tables: Sequence[Table]) -> None:
    """The tier's own role, which cannot log in and sees these marts only: an owner grants it to whom it may concern."""
    role = ROLES[tier]
    if not _exists(connection, role):
        connection.run(f"create role {role} nologin")
    everybody = ", ".join(["public", *(other for other in ROLES.values() if _exists(connection, other))])
    for schema in sorted({table.mart.schema for table in tables}):
        connection.run(f"grant usage on schema {quoted(schema)} to {role}")
    for table in tables:
        connection.run(f"revoke all on {table.name} from {everybody}")
        connection.run(f"grant select on {table.name} to {role}")


def _exists(connection: "Connection", role: str) -> bool:
    return bool(connection.run("select 1 from pg_roles where rolname = :role", role=role))


def _drop_former(connection: "Connection", known: Collection[str], schemas: Sequence[str]) -> None:
    """A mart that is no longer sent would go on showing its last figures as if they were today's."""
    listed = ", ".join(_literal(schema) for schema in schemas)
    there = connection.run(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where c.relkind = 'r' and n.nspname in ({listed}) and pg_get_userbyid(c.relowner) = current_user"
        " and position(:ours in coalesce(obj_description(c.oid, 'pg_class'), '')) > 0 order by 1, 2",
        ours=OURS,
    )
    for schema, name in there or ():
        if f"{schema}.{name}" not in known:
            connection.run(f"drop table {quoted(str(schema))}.{quoted(str(name))} cascade")
            connection.run("delete from goodwill.parts where mart = :mart", mart=f"{schema}.{name}")


def publish_to_postgres(dsn: Secret | None, files: dict[str, Path], marts: Sequence[Mart]) -> dict[str, int]:
    """Every mart of the files -> rows by mart (`core.posts`), once all of them are committed.

    `files`: the file of each tier that goes there, `published` and, where asked, `restricted`; of one build. PublishError
    names what is wrong and never the DSN: then the database stays as it was.
    """
    if dsn is None:
        raise PublishError(f"{VARIABLE} is not set: give it in the environment or in .env as {EXAMPLE}")
    with connected(dsn) as connection, tempfile.TemporaryDirectory(prefix="goodwill-postgres-") as folder:
        connection.run("begin")
        connection.run(f"set local lock_timeout = '{PATIENCE}'")
        connection.run("select pg_advisory_xact_lock(:lock)", lock=LOCK)
        parts.prepare(connection)
        counts: dict[str, int] = {}
        changed: list[str] = []
        for tier, path in files.items():
            with duckdb.connect(str(path), read_only=True) as published:
                tables = _tables(published, [mart for mart in marts if mart.tier == tier])
                for schema in sorted({table.mart.schema for table in tables}):
                    connection.run(f"create schema if not exists {quoted(schema)}")
                for table in tables:
                    if _fill(connection, published, table, Path(folder)):
                        changed.append(table.name)
                    _describe(connection, table)
                    counts[table.mart.table] = table.rows
            _grant(connection, tier, tables)
        _drop_former(connection, counts, sorted({mart.schema for mart in marts}))
        connection.run("commit")
        for name in changed:  # what DELETE left behind, and fresh statistics for the planner
            connection.run(f"vacuum (analyze) {name}")
    return counts

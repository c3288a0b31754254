"""Parts of a mart -> which of them stand in PostgreSQL already: each month of a mart of days, any other mart as a whole.

The prints of what was sent lie in `goodwill.parts`, written in the transaction that sent it. A trigger on every mart takes them
away when anybody else writes there, so that a part which is passed over is one that stands as it was sent.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from pipelines.publish import Mart
from pipelines.warehouse import quoted

if TYPE_CHECKING:
    from pg8000.native import Connection

WHOLE, UNDATED = "all", "none"
MINE = "set local goodwill.is_publishing = 'yes'"  # within the transaction of a publication, for the trigger
FUNCTION = """
create or replace function goodwill.forget_parts() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
    if current_setting('goodwill.is_publishing', true) is distinct from 'yes' then
        delete from goodwill.parts where mart = tg_table_schema || '.' || tg_table_name;
    end if;
    return null;
end $$
"""


def prepare(connection: "Connection") -> None:
    """Where the prints lie; nobody but the owner reads them."""
    connection.run("create schema if not exists goodwill")
    connection.run("create table if not exists goodwill.parts (mart text, part text, print text not null, primary key (mart, part))")
    connection.run(FUNCTION)
    connection.run(MINE)


def watch(connection: "Connection", mart: Mart) -> None:
    """From now on whoever writes into the mart takes its prints away."""
    events = "insert or update or delete or truncate"
    table = f"{quoted(mart.schema)}.{quoted(mart.name)}"
    connection.run(
        f"create or replace trigger goodwill_parts after {events} on {table} for each statement execute function goodwill.forget_parts()"
    )


def condition(mart: Mart, part: str) -> str:
    """The rows of a part, as both databases read it."""
    if part == WHOLE:
        return "true"
    if part == UNDATED:
        return "date is null"
    year, month = map(int, part.split("-"))
    return f"date >= date '{year:04d}-{month:02d}-01' and date < date '{year + month // 12:04d}-{month % 12 + 1:02d}-01'"


def in_file(published: duckdb.DuckDBPyConnection, mart: Mart) -> dict[str, str]:
    """Prints by part of a mart of the published file: how many rows, and sum and exclusive or of their hashes."""
    table = f"{quoted(mart.schema)}.{quoted(mart.name)}"
    # by name: an alias of the whole row is a column, where a mart has one that is called so
    row = f"hash({', '.join(quoted(name) for name, *_ in published.execute(f'describe {table}').fetchall())})"
    part = f"coalesce(strftime(date, '%Y-%m'), '{UNDATED}')" if "date" in mart.grain else f"'{WHOLE}'"
    rows = published.execute(
        f"select {part} as part, concat_ws(' ', count(*), sum({row}), bit_xor({row})) from {table} group by part"
    ).fetchall()
    return dict(rows)


def in_postgres(connection: "Connection", mart: Mart) -> dict[str, str]:
    rows = connection.run("select part, print from goodwill.parts where mart = :mart", mart=mart.table)
    return dict(rows or ())


def stale(there: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Parts to be replaced: those that differ, and those that have no row any more."""
    return sorted(part for part in {*there, *now} if there.get(part) != now.get(part))


def keep(connection: "Connection", mart: Mart, now: Mapping[str, str]) -> None:
    connection.run("delete from goodwill.parts where mart = :mart", mart=mart.table)
    for part, print_ in now.items():
        connection.run("insert into goodwill.parts values (:mart, :part, :print)", mart=mart.table, part=part, print=print_)

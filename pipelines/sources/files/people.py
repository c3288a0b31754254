"""Columns of people in a file -> keys: each distinct address, account or name becomes an HMAC, joined back in DuckDB's memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.entities import Column
from pipelines.keys import REMOVED
from pipelines.raw import FileExtraction
from pipelines.warehouse import literal, quoted


@dataclass(frozen=True)
class Person:
    """One person column of an entity and the ways in which a file gives it: address, account on the row's platform, own key."""

    column: Column
    given: tuple[str, ...]

    @classmethod
    def of(cls, column: Column, columns: Iterable[str]) -> "Person":
        present = set(columns)
        ways = (f"{column.stem}_platform_id", f"{column.stem}_email", column.name)
        return cls(column, tuple(way for way in ways if way in present))

    @property
    def email(self) -> str:
        return f"{self.column.stem}_email"

    @property
    def platform_id(self) -> str:
        return f"{self.column.stem}_platform_id"

    def _table(self, way: str) -> str:
        return quoted(f"keys of {way}")

    def expressions(self) -> tuple[str, str, str]:
        """SQL of the key (the account before the address before the given key), of whether what is given makes no key, and of whether anything is given."""
        if not self.given:
            return "null::varchar", "false", "false"
        key = f"coalesce({', '.join(f'{self._table(way)}.key' for way in self.given)})"
        # somebody forgotten is nobody, and no fault of the file
        is_there = {way: f"not contains(coalesce(given.{quoted(way)}, {literal(REMOVED)}), {literal(REMOVED)})" for way in self.given}
        is_bad = " or ".join(f"({there} and {self._table(way)}.key is null)" for way, there in is_there.items())
        is_given = " or ".join(is_there.values())
        return key, f"({is_bad})", f"({is_given})"

    def joins(self) -> str:
        """SQL that joins the tables of keys to `given`."""
        joins = []
        for way in self.given:
            table = self._table(way)
            on_platform = f" and {table}.platform = given.platform" if way == self.platform_id else ""
            joins.append(f"left join {table} on {table}.value = given.{quoted(way)}{on_platform}")
        return " ".join(joins)

    def make_keys(self, connection: duckdb.DuckDBPyConnection, run: FileExtraction, query: str) -> None:
        """Make a table of keys, in memory only, for each way that the file gives."""
        for way in self.given:
            column, table = quoted(way), self._table(way)
            is_account = way == self.platform_id
            values = f"select distinct {column} as value{', platform' if is_account else ''} from ({query}) where {column} is not null"
            rows = connection.execute(values).fetchall()
            keys = pa.table(
                {
                    "value": pa.array([row[0] for row in rows], pa.string()),
                    "platform": pa.array([row[1] if is_account else None for row in rows], pa.string()),
                    "key": pa.array([_key(run, self, way, *row) for row in rows], pa.string()),
                }
            )
            connection.register("keys_made", keys)
            connection.execute(f"create or replace temp table {table} as from keys_made")
            connection.unregister("keys_made")


def _key(run: FileExtraction, person: Person, way: str, text: str, platform: str | None = None) -> str | None:
    """None where no key can be made of it: no address, or an account without its platform."""
    if way == person.platform_id:
        return run.person_key(platform=platform, platform_id=text)
    if way == person.email:
        try:
            return run.person_key(email=text)
        except ValueError:
            return None
    return run.person_key(key=text)

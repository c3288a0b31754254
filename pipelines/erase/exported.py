"""Event exports in the inbox -> whose each of their lines is, as the loader tells it: who was identified anywhere is that person in all visits."""

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.entities import Entity
from pipelines.keys import Keys
from pipelines.settings import Settings
from pipelines.sources.files.lines import Fault, kind_of
from pipelines.sources.files.reading import given_by
from pipelines.visits import export_of, people

IDENTITY = "visitor, account, person_email, person_key, is_named"
CANNOT_BE_READ = (Fault, duckdb.Error, csv.Error, EOFError, UnicodeDecodeError, OSError, pa.ArrowException)


class Exported:
    """The identities of one export: few, however many lines it has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, query: str, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        connection.execute(
            f"create or replace temp table lines as select _record, dense_rank() over (order by {IDENTITY}) as identity, {IDENTITY} from ({query})"
        )
        self._identities = connection.execute(f"select distinct identity, {IDENTITY} from lines").fetchall()

    def links(self) -> Iterator[tuple[str, str]]:
        """(person, browser or account of theirs), as keys: what `follow` asks of them is who is one person, and what is shared."""
        for _, visitor, account, email, key, is_named in self._identities:
            owner = self._email(email) or (self._keys.given(key) if key else None)
            if owner and visitor and is_named:
                yield owner, self._keys.given(visitor)
            if owner and account and account != email and owner != self._keys.given(account):
                yield owner, self._keys.given(account)

    def lines_of(self, keys: set[str]) -> tuple[set[int], set[str]]:
        """Numbers of the lines that go with the persons of these keys, and the addresses that name them there. A line that names somebody else stays."""
        gone, addresses = [], set()
        for identity, visitor, _, email, key, is_named in self._identities:
            made = self._email(email)
            of_browser = visitor and not is_named and self._keys.given(visitor) in keys
            if made in keys or (key and self._keys.given(key) in keys) or of_browser:
                gone.append(identity)
            if email and made in keys:
                addresses.add(email)
        self._connection.register("gone", pa.table({"identity": pa.array(gone, pa.int64())}))
        numbers = self._connection.execute("select _record from lines semi join gone using (identity)").fetchall()
        self._connection.unregister("gone")
        return {number for (number,) in numbers}, addresses

    def _email(self, email: str | None) -> str | None:
        try:
            return self._keys.email(email) if email else None
        except ValueError:
            return None


def exported(connection: duckdb.DuckDBPyConnection, settings: Settings, entity: Entity, path: Path) -> Exported | None:
    """None where the file is no event export, or none that the loader could read."""
    if entity.name != "touches":
        return None
    try:
        kind, compression = kind_of(path)
        given = given_by(connection, entity, kind, compression, path)
        export = export_of(given.columns)
        return Exported(connection, people(connection, export, given.query, given.columns), Keys.of(settings)) if export else None
    except CANNOT_BE_READ:
        return None


def in_memory() -> duckdb.DuckDBPyConnection:
    """What is read holds addresses: never on disk, so never spilled either."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'; set threads = 2; set temp_directory = ''")
    return connection

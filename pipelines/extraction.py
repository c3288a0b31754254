"""What a source hands over -> typed Parquet: rows are spooled as JSON lines, checked for drift as they come, typed by DuckDB.

Nothing here knows dlt or opens the warehouse while a source extracts, so several sources may extract side by side.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import orjson

from pipelines.keys import Keys
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings
from pipelines.warehouse import connect, literal, masked, quoted

# Exact Python types: True is no integer, 3.0 is no integer, 3 may stand where a fraction is declared.
KINDS: dict[str, frozenset[type]] = {
    "VARCHAR": frozenset([str]),
    "BIGINT": frozenset([int]),
    "DOUBLE": frozenset([float, int]),
    "BOOLEAN": frozenset([bool]),
    "TIMESTAMP": frozenset([str, datetime]),
    "DATE": frozenset([str, date]),
}
NAMES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", dict: "JSON object", list: "JSON array"}
# Ids are joined on: masking would make two of them one. They are the immutable ids of platforms, not addresses.
IDENTIFIER = re.compile(r"(^|_)(id|uri|cid|did|key|url)$|[a-z](Id|Uri|Url)$")
SURROGATE = re.compile("[\ud800-\udfff]")
UNFIT = re.compile(r"^_|^$|[\x00-\x1f'\"\\▶{}]")  # such a field is recorded by name and does not become a column
LINE_LIMIT = 16_000_000  # DuckDB's own limit of a JSON object; a longer row gets a larger buffer


class SchemaDrift(Exception):
    """A source sent another type than a table declares, or a row without its key; nothing of this extraction is loaded."""


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _shown(kind: type) -> str:
    return NAMES.get(kind, kind.__name__)


@dataclass
class _Spool:
    """JSON lines of one table, with what was noticed while they came."""

    table: RawTable
    path: Path
    file: BinaryIO | None = None
    rows: int = 0
    longest: int = 0
    mended: int = 0
    unknown: dict[str, datetime] = field(default_factory=dict)
    answered_at: datetime | None = None
    imported: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Delivery:
    """One table's rows as Parquet, ready for the load."""

    table: RawTable
    path: Path
    rows: int
    columns: Mapping[str, str]


class Run:
    """One extraction of one source; implements raw.Extraction and raw.FileExtraction."""

    def __init__(self, source: Source, settings: Settings, state: dict[str, Any], folder: Path, run_id: str) -> None:
        self.source = source
        self.settings: Mapping[str, str] = settings.source(source.name, source.settings)
        self.inbox_path = settings.inbox_path
        self.state = state
        self.folder = folder
        self.warnings: list[str] = []
        self.api_totals: dict[str, int] = {}
        self.refused: list[tuple[str, str | None, int | None, str | None, str]] = []
        self._all = settings
        self._keys = Keys(settings.key)
        self._run_id = run_id
        self._spools = {table.name: _Spool(table, folder / f"{table.name}.jsonl") for table in source.tables}
        folder.mkdir(parents=True, mode=0o700)

    # What a source calls

    def write(self, table: str, rows: Iterable[Mapping[str, Any]], observed_at: datetime) -> None:
        """Append rows; SchemaDrift at the first value that is not of its declared type. An empty page still dates the table."""
        spool = self._spools[table]
        moment = _utc(observed_at)
        spool.answered_at = max(moment, spool.answered_at or moment)
        tail = f',"_observed_at":"{moment.isoformat()}"}}\n'.encode()
        checks = [(name, KINDS[type_], name in spool.table.key) for name, type_ in spool.table.columns.items() if type_ in KINDS]
        declared = spool.table.columns.keys()
        if spool.file is None:
            spool.file = spool.path.open("wb")
        for row in rows:
            for name, kinds, is_key in checks:
                value = row.get(name)
                if value is None:
                    if is_key:
                        raise SchemaDrift(f"source {self.source.name}, table {table}: a row came without its key column {name}")
                elif type(value) not in kinds:
                    self._drift(spool, name, _shown(type(value)))
                elif type(value) is float and not isfinite(value):
                    self._drift(spool, name, "NaN or infinity, which are no numbers")
            if not declared >= row.keys():
                for name in row.keys() - declared:
                    spool.unknown.setdefault(name, moment)
            body = self._line(spool, row)
            spool.longest = max(spool.longest, len(body))
            spool.file.write(body[:-1] + tail)
            spool.rows += 1

    def write_parquet(self, table: str, path: Path) -> None:
        """Rows that have the declared columns already; `_run` is added."""
        self._spools[table].imported.append(path)

    def refuse(self, file: str, entity: str | None, line: int | None, field: str | None, reason: str) -> None:
        """A file of the drop that is not loaded."""
        self.refused.append((file, entity, line, field, reason))
        at = (f", line {line}" if line else "") + (f", column {field}" if field else "")
        self.warn(f"{file}{at}: {reason}")

    def stored(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over what is stored of this source, tables by their bare names."""
        with connect(self._all) as connection:
            connection.execute(f"set schema = {literal(f'raw_{self.source.name}')}")
            return connection.execute(sql).fetchall()

    def reconcile(self, table: str, api_total: int) -> None:
        """The number of rows that the source itself says it has."""
        self.api_totals[self.source.table(table).name] = api_total

    def person_key(
        self, *, email: str | None = None, platform: str | None = None, platform_id: str | None = None, key: str | None = None
    ) -> str | None:
        """Key of whoever is given, the account before the address before the key; None where nothing is."""
        if platform and platform_id:
            return self._keys.account(platform, platform_id)
        if email and email.strip():
            return self._keys.email(email)
        return self._keys.given(key) if key and key.strip() else None

    def warn(self, message: str) -> None:
        """Something a person should read in the report."""
        if message not in self.warnings:
            self.warnings.append(message)

    # What the load calls

    def unknown_fields(self) -> list[tuple[str, str, datetime]]:
        """(table, field, first seen) of every field that no table declares."""
        return [(name, unknown, seen) for name, spool in self._spools.items() for unknown, seen in sorted(spool.unknown.items())]

    def answered_at(self, table: str) -> datetime | None:
        """Latest answer about a table, also one without rows."""
        return self._spools[table].answered_at

    def deliveries(self) -> list[Delivery]:
        """Each table that got rows, as one Parquet file. SchemaDrift where a text is no time or an integer has over 64 bits."""
        made = []
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'; set threads = 2")
            for spool in self._spools.values():
                if spool.file is not None:
                    spool.file.close()
                if spool.rows or spool.imported:
                    made.append(self._delivery(connection, spool))
        return made

    def empty_delivery(self, table: RawTable) -> Delivery:
        """No rows, for a table whose whole content is to be replaced by nothing."""
        path = self.folder / f"{table.name}.parquet"
        with duckdb.connect() as connection:
            selected = ", ".join(f"null::{type_} as {quoted(name)}" for name, type_ in table.stored.items())
            connection.execute(f"copy (select {selected} where false) to {literal(str(path))} (format parquet)")
        return Delivery(table, path, 0, table.stored)

    def discard(self) -> None:
        """Remove every spool file: they hold what the source sent."""
        for spool in self._spools.values():
            if spool.file is not None:
                spool.file.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Inside

    def _drift(self, spool: _Spool, column: str, came: str) -> None:
        raise SchemaDrift(
            f"source {self.source.name}, table {spool.table.name}, column {column}: declared {spool.table.columns[column]}, now {came}. "
            f"Nothing of this source was loaded; if the change is there to stay, declare it in pipelines/sources/{self.source.name}"
        )

    def _line(self, spool: _Spool, row: Mapping[str, Any]) -> bytes:
        try:
            return orjson.dumps(row)
        except (TypeError, ValueError):
            # Rare: an integer of more than 64 bits, half of a surrogate pair, a type of Python's own.
            text = json.dumps(row, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":"))
        mended = SURROGATE.sub("\ufffd", text)
        if mended != text:
            spool.mended += 1
        return mended.encode()

    def _evolved(self, spool: _Spool) -> list[str]:
        """Unknown fields that become columns: none where persons are held, none that differs by case only."""
        if spool.table.holds_persons:
            return []
        taken, evolved = {name.lower() for name in spool.table.stored}, []
        for name in sorted(spool.unknown):
            if name.lower() not in taken and not UNFIT.search(name):
                taken.add(name.lower())
                evolved.append(name)
        return evolved

    def _delivery(self, connection: duckdb.DuckDBPyConnection, spool: _Spool) -> Delivery:
        table = spool.table
        if spool.mended:
            self.warn(f"{table.name}: {spool.mended} rows held half of a surrogate pair, which no text may; it is stored as U+FFFD")
        evolved = self._evolved(spool)
        columns = {**table.stored, **dict.fromkeys(evolved, "VARCHAR")}
        path = spool.path.with_suffix(".parquet")
        if spool.imported:
            files = ", ".join(literal(str(file)) for file in spool.imported)
            selected = ", ".join(quoted(name) for name in table.columns)
            rows = f"select {selected}, {literal(self._run_id)} as _run from read_parquet([{files}], union_by_name=true)"
        else:
            rows = self._typed(spool, evolved)
        target = f"to {literal(str(path))} (format parquet, compression zstd)"
        try:
            connection.execute(f"copy ({rows}) {target}")
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
            self._explain(connection, spool)
            raise SchemaDrift(f"source {self.source.name}, table {table.name}: a row could not be read as its declared types") from None
        count = self._deduplicate(connection, table, path)
        return Delivery(table, path, count, columns)

    def _source_of(self, spool: _Spool, columns: Mapping[str, str]) -> str:
        spec = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
        size = max(LINE_LIMIT, 2 * spool.longest)
        return (
            f"read_json({literal(str(spool.path))}, format = 'newline_delimited', maximum_object_size = {size}, "
            f"columns = {{{spec}, '_observed_at': 'TIMESTAMP'}})"
        )

    def _typed(self, spool: _Spool, evolved: list[str]) -> str:
        """The spool as a query. Zones are read explicitly: DuckDB's cast of a text to TIMESTAMP drops them without a word."""
        table, read, selected = spool.table, {}, []
        for name, type_ in table.columns.items():
            column = quoted(name)
            read[name] = "VARCHAR" if type_ in ("TIMESTAMP", "DATE") else type_
            if type_ == "TIMESTAMP":
                selected.append(f"{column}::timestamptz::timestamp as {column}")
            elif type_ == "DATE":
                selected.append(f"{column}::date as {column}")
            elif type_ in ("VARCHAR", "JSON") and name not in table.key and not IDENTIFIER.search(name):
                selected.append(f"{masked(column)}::{type_} as {column}")
            else:
                selected.append(column)
        selected += ["_observed_at", f"{literal(self._run_id)} as _run"]
        for name in evolved:
            read[name] = "JSON"
            column = quoted(name)
            text = f"{column} ->> '$'"
            selected.append(f"{masked(text)} as {column}")
        return f"select {', '.join(selected)} from {self._source_of(spool, read)}"

    def _explain(self, connection: duckdb.DuckDBPyConnection, spool: _Spool) -> None:
        """Name the column that DuckDB could not type; its message would repeat the value."""
        casts = {"TIMESTAMP": "try_cast({} as timestamptz)", "DATE": "try_cast({} as date)", "BIGINT": "try_cast({} as bigint)"}
        read = {name: "VARCHAR" for name, type_ in spool.table.columns.items() if type_ in casts}
        came = {"TIMESTAMP": "a text that is no time", "DATE": "a text that is no date", "BIGINT": "an integer of more than 64 bits"}
        for name in read:
            type_ = spool.table.columns[name]
            fault = f"{quoted(name)} is not null and {casts[type_].format(quoted(name))} is null"
            if connection.execute(f"select count(*) from {self._source_of(spool, read)} where {fault}").fetchone() != (0,):
                self._drift(spool, name, came[type_])

    def _deduplicate(self, connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> int:
        """Of rows with one key in one extraction the last one stays. Returns the number of rows."""
        key = ", ".join(quoted(name) for name in table.key)
        file = literal(str(path))
        rows, distinct = connection.execute(f"select count(*), count(distinct ({key})) from {file}").fetchone()  # type: ignore[misc]
        if rows == distinct:
            return int(rows)
        whole = path.with_suffix(".all.parquet")
        path.rename(whole)
        connection.execute(
            f"copy (select * exclude (file_row_number) from read_parquet({literal(str(whole))}, file_row_number = true) "
            f"qualify row_number() over (partition by {key} order by file_row_number desc) = 1) to {file} (format parquet, compression zstd)"
        )
        whole.unlink()
        return int(distinct)


def remove_leftovers(settings: Settings, source: Source) -> None:
    """Remove what a killed extraction of this source left behind."""
    for folder in spool_folder(settings).glob(f"{source.name}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def spool_folder(settings: Settings) -> Path:
    return settings.warehouse_path.parent / "spool"

"""Rows of one table -> lines of JSON, a list of values for each column -> typed Parquet: drift is found as the rows come, DuckDB types the rest."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from math import isfinite
from operator import itemgetter
from pathlib import Path
from types import NoneType
from typing import Any, BinaryIO, NoReturn

import duckdb
import orjson

from pipelines.raw import RawTable
from pipelines.warehouse import PARTY_IDS, literal, masked, quoted, unless_an_address

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
# What only DuckDB can tell: SQL of the typed value, and what came where it is NULL.
CASTS = {
    "TIMESTAMP": ("try_cast({} as timestamptz)", "a text that is no time"),
    "DATE": ("try_cast({} as date)", "a text that is no date"),
    "BIGINT": ("try_cast({} as bigint)", "an integer of more than 64 bits"),
}
# Ids are joined on: masking would make two of them one. They are the immutable ids of platforms, not addresses.
IDENTIFIER = re.compile(r"(^|_)(id|uri|cid|did|key|url)$|[a-z](Id|Uri|Url)$")
UNFIT = re.compile(r"^_|^$|[\x00-\x1f'\"\\▶{}]")  # a field with such a name is recorded and does not become a column
SURROGATE = re.compile("[\ud800-\udfff]")
PAGE = 1000  # rows that are checked at once
LINE_LIMIT = 1_000_000  # bytes; a longer row gets larger buffers. DuckDB gives each core two of them at a time to read
ROW_GROUP = 10_240  # rows that one core writes or reads; all cores are at work from twice as many on


class SchemaDrift(Exception):
    """A source sent another type than a table declares, or a row without its key; nothing of this extraction is loaded."""


@dataclass(frozen=True)
class Delivery:
    """One table's rows as Parquet, ready for the load."""

    table: RawTable
    path: Path
    rows: int
    columns: Mapping[str, str]


class Spool:
    """What one extraction collects of one table."""

    def __init__(self, source: str, table: RawTable, folder: Path, account: str | None = None) -> None:
        self.source = source
        self.account = account
        self.table = table
        self.path = folder / f"{table.name}.jsonl"
        self.rows = 0
        self.mended = 0
        self.unknown: dict[str, datetime] = {}
        self.answered_at: datetime | None = None
        self.imported: list[Path] = []
        self._longest = 0
        self._file: BinaryIO | None = None
        self._checks = [(name, KINDS[type_], name in table.key) for name, type_ in table.columns.items() if type_ in KINDS]

    def write(self, rows: Iterable[Mapping[str, Any]], observed_at: datetime) -> None:
        """Append rows (`observed_at` naive, UTC); SchemaDrift at the first value that is not of its declared type."""
        self.answered_at = max(observed_at, self.answered_at or observed_at)
        coming = iter(rows)
        while page := list(islice(coming, PAGE)):
            self._append(self._columns(page, observed_at), len(page), observed_at)

    def _columns(self, page: list[Mapping[str, Any]], observed_at: datetime) -> Mapping[str, Sequence[Any]]:
        """Checked and turned column by column, which costs a third of row by row."""
        columns, unknown = _turned(page, self.table.columns)
        for name, kinds, is_key in self._checks:
            came = set(map(type, columns[name])) if name in columns else {NoneType}
            if is_key and NoneType in came:
                raise SchemaDrift(f"source {self.source}, table {self.table.name}: a row came without its key column {name}")
            for other in came - kinds - {NoneType}:
                self._drift(name, NAMES.get(other, other.__name__))
            if float in came and not all(isfinite(value) for value in columns[name] if type(value) is float):
                self._drift(name, "NaN or infinity, which are no numbers")
        for name in unknown:
            self.unknown.setdefault(name, observed_at)
        return {name: values for name, values in columns.items() if name not in unknown or not self.table.holds_persons}

    def _append(self, columns: Mapping[str, Sequence[Any]], rows: int, observed_at: datetime) -> None:
        """A line of so many rows, or several where it would be too long for one."""
        line = self._line(columns, observed_at)
        if len(line) > LINE_LIMIT and rows > 1:
            half = rows // 2
            self._append({name: values[:half] for name, values in columns.items()}, half, observed_at)
            self._append({name: values[half:] for name, values in columns.items()}, rows - half, observed_at)
            return
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.write(line)
        self._longest = max(self._longest, len(line))
        self.rows += rows

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def deliver(self, connection: duckdb.DuckDBPyConnection, run_id: str, stored: Iterable[str]) -> Delivery:
        """Everything that was written, as one Parquet file; of rows with one key the last one stays. SchemaDrift as for write."""
        self.close()
        path = self.path.with_suffix(".parquet")
        if self.imported:
            return self._gather(connection, path)
        evolved = self._evolved(stored)
        query = self._typed(evolved, run_id)
        try:
            self._copy(connection, query, path, is_ordered=False)
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
            self._explain(connection)
        return Delivery(
            self.table,
            path,
            self._deduplicate(connection, query, path),
            {**self.table.stored, **dict.fromkeys(evolved.values(), "VARCHAR")},
        )

    def empty(self, connection: duckdb.DuckDBPyConnection) -> Delivery:
        """No rows, for a table whose whole content is to be replaced by nothing."""
        path = self.path.with_suffix(".parquet")
        selected = ", ".join(f"null::{type_} as {quoted(name)}" for name, type_ in self.table.stored.items())
        connection.execute(f"copy (select {selected} where false) to {literal(str(path))} (format parquet)")
        return Delivery(self.table, path, 0, self.table.stored)

    def _drift(self, column: str, came: str) -> NoReturn:
        raise SchemaDrift(
            f"source {self.source}, table {self.table.name}, column {column}: declared {self.table.columns[column]}, now {came}. "
            f"Nothing of this source was loaded; if the change is there to stay, declare it in pipelines/sources/{self.source}"
        )

    def _line(self, columns: Mapping[str, Sequence[Any]], observed_at: datetime) -> bytes:
        whole = {**columns, "_observed_at": observed_at.isoformat()}
        try:
            return orjson.dumps(whole, option=orjson.OPT_APPEND_NEWLINE)
        except (TypeError, ValueError):
            # Rare: an integer of more than 64 bits, half of a surrogate pair, a type of Python's own.
            text = _text(whole)
        mended = SURROGATE.sub("\ufffd", text)
        if mended != text:
            self.mended += sum(bool(SURROGATE.search(_text(row))) for row in zip(*columns.values(), strict=True))
        return mended.encode() + b"\n"

    def _evolved(self, stored: Iterable[str]) -> dict[str, str]:
        """Unknown field -> its column: none where persons are held, one for all spellings that differ by case only."""
        if self.table.holds_persons:
            return {}
        spelt = {name.lower(): name for name in stored}
        taken, evolved = {name.lower() for name in self.table.stored}, {}
        for name in sorted(self.unknown, key=str.swapcase):
            if name.lower() not in taken and not UNFIT.search(name):
                taken.add(name.lower())
                evolved[name] = spelt.get(name.lower(), name)
        return evolved

    def _source_of(self, columns: Mapping[str, str]) -> str:
        spec = ", ".join(f"{literal(name)}: {literal(type_ + '[]')}" for name, type_ in columns.items())
        rows = ", ".join(f"unnest({quoted(name)}) as {quoted(name)}" for name in columns)
        size = max(LINE_LIMIT, 2 * self._longest)
        lines = f"read_json({literal(str(self.path))}, format = 'newline_delimited', maximum_object_size = {size}, columns = {{{spec}, _observed_at: 'TIMESTAMP'}})"
        return f"(select {rows}, _observed_at from {lines})"

    def _typed(self, evolved: Mapping[str, str], run_id: str) -> str:
        """The spool as a query. Zones are read explicitly: DuckDB's cast of a text to TIMESTAMP drops them without a word."""
        read: dict[str, str] = {}
        selected = []
        for name, type_ in self.table.columns.items():
            column = quoted(name)
            read[name] = "VARCHAR" if type_ in ("TIMESTAMP", "DATE") else type_
            if type_ == "TIMESTAMP":
                selected.append(f"{column}::timestamptz::timestamp as {column}")
            elif type_ == "DATE":
                selected.append(f"{column}::date as {column}")
            elif type_ in ("VARCHAR", "JSON") and name not in self.table.key and not IDENTIFIER.search(name):
                selected.append(f"{masked(column)}::{type_} as {column}")
            elif name in PARTY_IDS and name not in self.table.key:
                selected.append(f"{unless_an_address(column)} as {column}")
            else:
                selected.append(column)
        for name, column in evolved.items():
            read[name] = "JSON"
            text = f"{quoted(name)} ->> '$'"
            selected.append(f"{masked(text)} as {quoted(column)}")
        account = f"{literal(self.account) if self.account else 'null'}::varchar as _account"
        return f"select {', '.join(selected)}, _observed_at, {account}, {literal(run_id)} as _run from {self._source_of(read)}"

    def _explain(self, connection: duckdb.DuckDBPyConnection) -> NoReturn:
        """Name the column that DuckDB could not type; its own message would repeat the value."""
        read = {name: "VARCHAR" for name, type_ in self.table.columns.items() if type_ in CASTS}
        for name in read:
            cast, came = CASTS[self.table.columns[name]]
            fault = f"{quoted(name)} is not null and {cast.format(quoted(name))} is null"
            if connection.execute(f"select count(*) from {self._source_of(read)} where {fault}").fetchone() != (0,):
                self._drift(name, came)
        raise SchemaDrift(f"source {self.source}, table {self.table.name}: a row cannot be read as its declared types")

    def _copy(self, connection: duckdb.DuckDBPyConnection, query: str, path: Path, is_ordered: bool) -> None:
        """Raw rows have keys, not an order: keeping one leaves all but one core idle."""
        connection.execute(f"set preserve_insertion_order = {str(is_ordered).lower()}")
        connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression uncompressed, row_group_size {ROW_GROUP})")

    def _deduplicate(self, connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
        """Which of two rows came last is seen in their order alone."""
        key = ", ".join(quoted(name) for name in self.table.key)
        file = literal(str(path))
        rows, distinct = connection.execute(f"select count(*), count(distinct ({key})) from {file}").fetchone()  # type: ignore[misc]
        if rows == distinct:
            return int(rows)
        whole = path.with_suffix(".all.parquet")
        self._copy(connection, query, whole, is_ordered=True)
        connection.execute(
            f"copy (select * exclude (file_row_number) from read_parquet({literal(str(whole))}, file_row_number = true) "
            f"qualify row_number() over (partition by {key} order by file_row_number desc) = 1) to {file} (format parquet)"
        )
        return int(distinct)

    def _gather(self, connection: duckdb.DuckDBPyConnection, path: Path) -> Delivery:
        """Parquet files that a source made itself, as one."""
        if len(self.imported) == 1:
            path = self.imported[0]
        else:
            files = ", ".join(literal(str(file)) for file in self.imported)
            selected = ", ".join(quoted(name) for name in self.table.stored)
            connection.execute(f"copy (select {selected} from read_parquet([{files}])) to {literal(str(path))} (format parquet)")
        (rows,) = connection.execute(f"select count(*) from {literal(str(path))}").fetchone()  # type: ignore[misc]
        return Delivery(self.table, path, rows, self.table.stored)


def _turned(page: Sequence[Mapping[str, Any]], declared: Mapping[str, str]) -> tuple[dict[str, Sequence[Any]], set[str]]:
    """Field -> its values in the order of the rows, None where a row has none; and which of them no table declares."""
    first = page[0].keys()
    if len(first) > 1 and sum(map(len, page)) == len(first) * len(page):  # nearly always all rows have the same fields
        try:
            values = zip(*map(itemgetter(*first), page), strict=True)
            return dict(zip(first, values, strict=True)), first - declared.keys()
        except KeyError:
            pass
    names = set[str]().union(*page)
    return {name: [row.get(name) for row in page] for name in names}, names - declared.keys()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":"))

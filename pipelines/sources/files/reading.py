"""One file of the drop -> Parquet with the entity's columns, or the Fault that names its line and column.

DuckDB reads all columns as text and types them; the slow questions (which line is it?) are asked only of files that need it.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from io import BufferedReader, TextIOWrapper
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.entities import Column, Entity
from pipelines.raw import FileExtraction
from pipelines.sources.files.people import Person
from pipelines.sources.files.values import demand, duckdb_type, value
from pipelines.warehouse import literal, quoted

COMPRESSION = {".gz": "gzip", ".zst": "zstd"}
LONGEST_LINE = 4_000_000  # bytes; a text of 1 MB fits, four times over


@dataclass
class Fault(Exception):
    """Why a file is refused: the first line and column at fault where they can be named, and the cure."""

    line: int | None
    field: str | None
    reason: str


@dataclass(frozen=True)
class _Given:
    """A file as a query that yields its columns as text and `_record` (1, 2, ...)."""

    kind: str
    query: str
    columns: tuple[str, ...]
    is_empty: bool


def read_file(
    connection: duckdb.DuckDBPyConnection, run: FileExtraction, entity: Entity, name: str, path: Path, target: Path
) -> int:
    """Write the file's rows to `target` and return their number; Fault where the file is to be refused.

    `_line` is the physical line on which a row begins (CSV, JSON lines), or its number (Parquet).
    """
    kind, compression = _kind(path)
    try:
        given = _given(connection, kind, compression, path)
        people = _check_columns(entity, given)
        rows = _write(connection, run, entity, name, path, compression, given, people, target)
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException, EOFError):
        raise _unreadable(kind, compression, path) from None
    except OSError as fault:
        # Without a number it is the decompression that failed, not the disk.
        if fault.errno:
            raise
        raise _unreadable(kind, compression, path) from None
    if not rows:
        return 0
    line, record = connection.execute(f"select min(_line), min(_record) from {literal(str(target))} where _fault").fetchone()  # type: ignore[misc]
    if record is not None:
        raise _explained(connection, entity, given, people, line, record)
    return rows


def _kind(path: Path) -> tuple[str, str | None]:
    compression = COMPRESSION.get(path.suffix.lower())
    ending = Path(path.stem).suffix.lower() if compression else path.suffix.lower()
    if ending not in (".csv", ".jsonl", ".parquet") or (compression and ending == ".parquet"):
        raise Fault(None, None, "is of no known kind; give .csv or .jsonl (also .gz or .zst), or .parquet")
    return ending.removeprefix("."), compression


def _open(path: Path, compression: str | None) -> TextIOWrapper:
    return TextIOWrapper(pa.input_stream(str(path), compression=compression), encoding="utf-8-sig", newline="")


def _given(connection: duckdb.DuckDBPyConnection, kind: str, compression: str | None, path: Path) -> _Given:
    file, packed = literal(str(path)), f", compression = {literal(compression)}" if compression else ""
    if kind == "csv":
        try:
            with _open(path, compression) as text:
                header: tuple[str, ...] = ()
                blank = 0
                for record in (reader := csv.reader(text, strict=True)):
                    if header := tuple(record):
                        break
                    blank = reader.line_num
        except UnicodeDecodeError:
            raise _unreadable(kind, compression, path) from None
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
        query = (
            f"select *, row_number() over () as _record from read_csv({file}, auto_detect = false, skip = {blank}, header = true, delim = ',', quote = '\"', "
            f"escape = '\"', nullstr = ''{packed}, max_line_size = {LONGEST_LINE}, columns = {{{columns}}})"
        )
        return _Given(kind, query, header, not header)
    if kind == "jsonl":
        lines = f"read_ndjson_objects({file}{packed}, maximum_object_size = {LONGEST_LINE})"
        header = tuple(row[0] for row in connection.execute(f"select distinct unnest(json_keys(json)) as name from {lines} order by name").fetchall())
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
        emptied = ", ".join(f"nullif({quoted(column)}, '') as {quoted(column)}" for column in header)
        rows = f"read_json({file}{packed}, format = 'newline_delimited', maximum_object_size = {LONGEST_LINE}, columns = {{{columns}}})"
        is_empty = not header and next(_records(kind, compression, path), None) is None
        return _Given(kind, f"select {emptied}, row_number() over () as _record from {rows}", header, is_empty)
    described = connection.execute(f"describe select * from read_parquet({file})").fetchall()
    texts = []
    for column, type_, *_ in described:
        exact = f"{quoted(column)}::timestamp" if type_ in ("TIMESTAMP_NS", "TIMESTAMP_S", "TIMESTAMP_MS") else quoted(column)
        texts.append(f"nullif({exact}::varchar, '') as {quoted(column)}")
    query = f"select {', '.join(texts)}, file_row_number + 1 as _record from read_parquet({file}, file_row_number = true)"
    return _Given(kind, query, tuple(row[0] for row in described), False)


def _check_columns(entity: Entity, given: _Given) -> list[Person]:
    """Fault at the first column that the entity has not, that stands twice, or that is required and absent."""
    people = [Person.of(column, given.columns) for column in entity.columns if column.is_person]
    platform = any(column.name == "platform" for column in entity.columns)
    ways = {way for person in people for way in (person.email, person.platform_id)}
    allowed = [column.name for column in entity.columns] + sorted(ways)
    if given.is_empty:
        return people
    for column in given.columns:
        if given.columns.count(column) > 1:
            raise Fault(None, column, f"column {column!r} stands twice in the header")
        if column not in allowed:
            near = get_close_matches(column, allowed, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise Fault(None, column, f"unknown column {column!r}{meant} {entity.name} has: {', '.join(allowed)}")
    for person in people:
        if person.platform_id in given.columns and "platform" not in given.columns:
            other = f"{person.email} or {person.column.name}"
            cure = f"add the column platform, or give {other}" if platform else f"{entity.name} has no platform: give {other} instead"
            raise Fault(None, person.platform_id, f"an account is known by its platform and its id: {cure}")
    for contract in entity.columns:
        ways_in = Person.of(contract, given.columns).given if contract.is_person else (contract.name,) * (contract.name in given.columns)
        if contract.is_required and not ways_in:
            raise Fault(None, contract.name, f"the required column {_asked(contract)} is missing")
    return people


def _asked(column: Column) -> str:
    return f"{column.name} (or {column.stem}_email, {column.stem}_platform_id)" if column.is_person else column.name


def _faults(entity: Entity, given: _Given, people: list[Person]) -> dict[str, tuple[str, str]]:
    """Column -> SQL of its value and SQL of whether it is at fault, over the query `given` with the keys joined."""
    of = {person.column.name: person for person in people}
    made = {}
    for column in entity.columns:
        type_ = duckdb_type(column.type)
        if column.name in of:
            key, is_bad, is_given = of[column.name].expressions()
            made[column.name] = (key, f"({is_bad} or not ({is_given}))" if column.is_required else is_bad)
        elif column.name in given.columns:
            text = f"given.{quoted(column.name)}"
            typed = value(column.name, type_, text)
            is_bad = f"({text} is null or {typed} is null)" if column.is_required else f"({text} is not null and {typed} is null)"
            made[column.name] = (typed, is_bad)
        else:
            made[column.name] = (f"null::{type_}", "false")
    return made


def _write(
    connection: duckdb.DuckDBPyConnection,
    run: FileExtraction,
    entity: Entity,
    name: str,
    path: Path,
    compression: str | None,
    given: _Given,
    people: list[Person],
    target: Path,
) -> int:
    if given.is_empty:
        return 0
    for person in people:
        person.make_keys(connection, run, given.query)
    joins = " ".join(person.joins() for person in people)
    faults = _faults(entity, given, people)
    values = ", ".join(f"{typed} as {quoted(column)}" for column, (typed, _) in faults.items())
    is_bad = " or ".join(bad for _, bad in faults.values())

    def copied(line: str, also: str) -> int:
        row = connection.execute(
            f"copy (select {values}, {literal(name)} as _file, {line} as _line, false as _deleted, {literal(run.run_id)} as _run, ({is_bad}) as _fault, _record "
            f"from ({given.query}) as given {joins} {also}) to {literal(str(target))} (format parquet)"
        ).fetchone()
        assert row is not None
        return int(row[0])

    if given.kind == "parquet":
        return copied("_record", "")
    first = 2 if given.kind == "csv" else 1
    rows = copied(f"_record + {first - 1}", "")
    if rows and _physical_lines(path, compression) != rows + first - 1:
        # Quoted line breaks or blank lines: only now is each record's first line looked up.
        connection.register("record_lines", _lines(given.kind, compression, path))
        rows = copied("record_lines.line", "join record_lines using (_record)")
        connection.unregister("record_lines")
    return rows


def _physical_lines(path: Path, compression: str | None) -> int:
    lines, last = 0, b"\n"
    with pa.input_stream(str(path), compression=compression) as stream:
        while chunk := stream.read(1 << 20):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")


def _records(kind: str, compression: str | None, path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(first line, record) of each record after the header; blank lines are none, as for DuckDB."""
    csv.field_size_limit(LONGEST_LINE)
    with _open(path, compression) as text:
        if kind == "jsonl":
            yield from ((number, line) for number, line in enumerate(text, 1) if line.strip())
            return
        reader = csv.reader(text, strict=True)
        before, is_header = 0, True
        for record in reader:
            if record and not is_header:
                yield before + 1, record
            is_header = is_header and not record
            before = reader.line_num


def _lines(kind: str, compression: str | None, path: Path) -> pa.Table:
    lines = [line for line, _ in _records(kind, compression, path)]
    return pa.table({"_record": pa.array(range(1, len(lines) + 1), pa.int64()), "line": pa.array(lines, pa.int64())})


def _explained(
    connection: duckdb.DuckDBPyConnection, entity: Entity, given: _Given, people: list[Person], line: int, record: int
) -> Fault:
    """The first column at fault in a record. Values are never repeated: a shifted column may hold a person."""
    faults = _faults(entity, given, people)
    joins = " ".join(person.joins() for person in people)
    asked = ", ".join(f"({bad})" for _, bad in faults.values())
    answers = connection.execute(f"select {asked} from ({given.query}) as given {joins} where _record = {record}").fetchone()
    assert answers is not None
    column = entity.columns[answers.index(True)]
    if column.is_person:
        person = next(person for person in people if person.column.name == column.name)
        return Fault(line, *_person_fault(connection, person, given, record))
    text = connection.execute(f"select {quoted(column.name)} from ({given.query}) where _record = {record}").fetchone()
    if text == (None,):
        return Fault(line, column.name, "is empty, and it is required")
    return Fault(line, column.name, f"the value {demand(column.name, duckdb_type(column.type))}")


def _person_fault(connection: duckdb.DuckDBPyConnection, person: Person, given: _Given, record: int) -> tuple[str, str]:
    for way in person.given:
        (text,) = connection.execute(f"select {quoted(way)} from ({given.query}) where _record = {record}").fetchone()  # type: ignore[misc]
        if text is not None and way == person.platform_id:
            return way, f"an account needs its platform: fill the column platform, or give {person.email} or {person.column.name}"
        if text is not None:
            return way, "the value is not an e-mail address"
    return person.column.name, f"is empty, and it is required: give one of {', '.join(person.given)}"


def _unreadable(kind: str, compression: str | None, path: Path) -> Fault:
    """Look for what DuckDB stumbled over, slowly, so that it can be named without repeating the line."""
    packed = f" inside its {compression} compression" if compression else ""
    if kind == "parquet":
        return Fault(None, None, "is not a readable Parquet file: write it again")
    try:
        with BufferedReader(pa.input_stream(str(path), compression=compression)) as stream:
            for number, line in enumerate(stream, 1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    return Fault(number, None, "is not UTF-8: save the file as UTF-8 (in a spreadsheet: CSV UTF-8)")
        width = None
        if kind == "csv":
            with _open(path, compression) as text:
                width = len(next(filter(None, csv.reader(text, strict=True)), ()))
        number = 0
        for number, record in _records(kind, compression, path):
            if isinstance(record, list) and len(record) != width:
                return Fault(number, None, f"has {len(record)} fields where the header has {width}: an unquoted comma or a missing one")
            if isinstance(record, str) and not isinstance(json.loads(record), dict):
                return Fault(number, None, "is not a JSON object: one object a line")
    except csv.Error as fault:
        return Fault(number + 1, None, f"cannot be read as CSV (RFC 4180: comma, double quotes, quotes doubled inside): {fault}")
    except json.JSONDecodeError as fault:
        return Fault(number, None, f"cannot be read as JSON: {fault.msg}")
    except (OSError, EOFError, pa.ArrowInvalid):
        return Fault(None, None, f"cannot be read to its end{packed}: the file is cut short or damaged, write it again")
    longest = f"lines of at most {LONGEST_LINE // 1_000_000} MB"
    return Fault(None, None, f"cannot be read as {kind}: it needs one kind of line end, and {longest}")

"""One file of the drop -> Parquet with the entity's columns, or the Fault that names its line and column.

DuckDB reads all columns as text and types them; the slow questions (which line is it?) are asked only of files that need it.
"""

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb

from pipelines.entities import Column, Entity
from pipelines.raw import FileExtraction
from pipelines.sources.files.lines import LONGEST_LINE, Fault, kind_of, open_text, physical_lines, record_lines, records, unreadable
from pipelines.sources.files.people import Person
from pipelines.sources.files.values import check_ids, demand, duckdb_type, value
from pipelines.visits import COLUMNS, export_of, visits
from pipelines.warehouse import EVENT_COLUMNS, literal, quoted

DIVIDERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}  # what spreadsheets and databases write in place of commas


@dataclass(frozen=True)
class Given:
    """A file as a query that yields its columns as text and `_record` (1, 2, ...)."""

    kind: str
    query: str
    columns: tuple[str, ...]
    is_empty: bool


def read_file(connection: duckdb.DuckDBPyConnection, run: FileExtraction, entity: Entity, name: str, path: Path, target: Path) -> int:
    """Write the file's rows to `target` and return their number; Fault where the file is to be refused.

    `_line` is the physical line on which a row begins (CSV, JSON lines), or its number (Parquet).
    """
    kind, compression = kind_of(path)
    try:
        given = given_by(connection, entity, kind, compression, path)
        export = export_of(given.columns) if entity.name == "touches" else None
        if export:
            given = Given("parquet", visits(connection, export, given.query, given.columns), COLUMNS, False)
        elif kind == "json":
            raise Fault(None, None, "is JSON, and no event export that is known; give .jsonl, one row a line")
        people = _check_columns(entity, given)
        if not export:  # whose ids a tracker made
            check_ids(connection, given.query, given.columns)
        rows = _write(connection, run, entity, name, path, compression, given, people, target)
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException, EOFError, UnicodeDecodeError, csv.Error):
        raise unreadable(kind, compression, path) from None
    except OSError as fault:
        # Without a number it is the decompression that failed, not the disk.
        if fault.errno:
            raise
        raise unreadable(kind, compression, path) from None
    if not rows:
        return 0
    line, record = connection.execute(f"select min(_line), min(_record) from {literal(str(target))} where _fault").fetchone()  # type: ignore[misc]
    if record is not None:
        raise _explained(connection, run, entity, given, people, line, record)
    return rows


def given_by(connection: duckdb.DuckDBPyConnection, entity: Entity, kind: str, compression: str | None, path: Path) -> Given:
    """The file as its kind (`kind_of`) says. duckdb.Error, csv.Error, UnicodeDecodeError or OSError where it cannot be read."""
    file = literal(str(path)) + (f", compression = {literal(compression)}" if compression else "")
    if kind == "csv":
        return _given_csv(file, compression, path)
    if kind in ("jsonl", "json"):
        return _given_jsonl(connection, entity, file, kind, compression, path)
    return _given_parquet(connection, file)


def _given_csv(file: str, compression: str | None, path: Path) -> Given:
    header: tuple[str, ...] = ()
    blank = 0
    with open_text(path, compression) as text:
        for record in (reader := csv.reader(text, strict=True)):
            if header := tuple(record):
                break
            blank = reader.line_num
    columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
    query = (
        f"select *, row_number() over () as _record from read_csv({file}, auto_detect = false, skip = {blank}, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', nullstr = '', max_line_size = {LONGEST_LINE}, columns = {{{columns}}})"
    )
    return Given("csv", query, header, not header)


def _given_jsonl(connection: duckdb.DuckDBPyConnection, entity: Entity, file: str, kind: str, compression: str | None, path: Path) -> Given:
    with open_text(path, compression) as text:
        form = "array" if kind == "json" and text.read(64).lstrip().startswith("[") else "newline_delimited"
    lines = f"read_json_objects({file}, format = '{form}', maximum_object_size = {LONGEST_LINE})"
    header = tuple(
        row[0] for row in connection.execute(f"select distinct unnest(json_keys(json)) as name from {lines} order by name").fetchall()
    )
    decimals = {column.name for column in entity.columns if column.type.startswith("decimal")}
    read, texts = [], []
    for column in header:
        name = quoted(column)
        read.append(f"{literal(column)}: '{'JSON' if column in decimals else 'VARCHAR'}'")
        if column in decimals:
            # A JSON number is a double on its way: past 15 digits it may no longer be what was written. A text is exact.
            is_long = f"json_type({name}) = 'DOUBLE' and length(regexp_replace({name}::varchar, '[^0-9]', '', 'g')) > 15"
            texts.append(f"case when {is_long} then 'inexact' else nullif({name} ->> '$', '') end as {name}")
        else:
            texts.append(f"nullif({name}, '') as {name}")
    rows = f"read_json({file}, format = '{form}', maximum_object_size = {LONGEST_LINE}, columns = {{{', '.join(read)}}})"
    is_empty = not header and next(records("jsonl", compression, path), None) is None
    return Given("jsonl", f"select {', '.join(texts)}, row_number() over () as _record from {rows}", header, is_empty)


def _given_parquet(connection: duckdb.DuckDBPyConnection, file: str) -> Given:
    described = connection.execute(f"describe select * from read_parquet({file})").fetchall()
    texts = []
    for column, type_, *_ in described:
        exact = f"{quoted(column)}::timestamp" if type_ in ("TIMESTAMP_NS", "TIMESTAMP_S", "TIMESTAMP_MS") else quoted(column)
        text = f"to_json({quoted(column)})" if type_.startswith(("STRUCT", "MAP")) or type_.endswith("]") else exact
        texts.append(f"nullif({text}::varchar, '') as {quoted(column)}")
    query = f"select {', '.join(texts)}, file_row_number + 1 as _record from read_parquet({file}, file_row_number = true)"
    return Given("parquet", query, tuple(row[0] for row in described), False)


def _check_columns(entity: Entity, given: Given) -> list[Person]:
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
            if given.kind == "csv" and (mark := next((mark for mark in DIVIDERS if mark in column), None)):
                raise Fault(None, column, f"unknown column {column!r}: {DIVIDERS[mark]} divide its columns; save it with commas")
            near = get_close_matches(column, allowed, 1)
            meant = f"; did you mean {near[0]}?" if near else ";"
            raise Fault(None, column, f"unknown column {column!r}{meant} {entity.name} has: {', '.join(allowed)}")
    for person in people:
        if person.platform_id in given.columns and "platform" not in given.columns:
            other = f"{person.email} or {person.column.name}"
            cure = f"add the column platform, or give {other}" if platform else f"{entity.name} has no platform: give {other} instead"
            raise Fault(None, person.platform_id, f"an account is known by its platform and its id: {cure}")
    for contract in entity.columns:
        ways_in = Person.of(contract, given.columns).given if contract.is_person else (contract.name,) * (contract.name in given.columns)
        if contract.is_required and not ways_in and not _is_replaced(contract, given):
            raise Fault(None, contract.name, f"the required column {_asked(contract)} is missing")
    return people


def _asked(column: Column) -> str:
    others = (
        (f"{column.stem}_email", f"{column.stem}_platform_id") if column.is_person else (" and ".join(column.unless),) * bool(column.unless)
    )
    return f"{column.name} (or {', '.join(others)})" if others else column.name


def _is_replaced(column: Column, given: Given) -> bool:
    return bool(column.unless) and set(column.unless) <= set(given.columns)


def _faults(entity: Entity, given: Given, people: list[Person]) -> dict[str, tuple[str, str]]:
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
            if column.values:  # a word of a closed list, however it is spelt
                typed = f"lower(trim({typed}))"
            is_absent = f"{text} is null and {_no_other_way(column, given)}" if column.is_required else "false"
            made[column.name] = (typed, f"({is_absent} or {text} is not null and {typed} is null)")
        else:
            made[column.name] = (f"null::{type_}", _no_other_way(column, given) if column.is_required else "false")
    return made


def _scored(faults: dict[str, tuple[str, str]], given: Given) -> dict[str, tuple[str, str]]:
    """The same columns, with the mood of words that others wrote where the file gives words and no mood of its own; never a colleague's."""
    if "sentiment" not in faults or "text" not in given.columns:
        return faults
    own, is_bad = faults["sentiment"]
    language = f"given.{quoted('language')}" if "language" in given.columns else "null::varchar"
    others = f"not coalesce({faults['is_brand'][0]}, false) and ({faults['audience'][0]}) is distinct from 'employees'"
    score = f"case when {others} then sentiment_of(given.{quoted('text')}, {language}) end"
    return faults | {"sentiment": (f"coalesce({own}, {score})", is_bad)}


def _no_other_way(column: Column, given: Given) -> str:
    """SQL of whether a row gives nothing in place of a required column."""
    if not _is_replaced(column, given):
        return "true"
    return "(" + " or ".join(f"given.{quoted(other)} is null" for other in column.unless) + ")"


def _write(
    connection: duckdb.DuckDBPyConnection,
    run: FileExtraction,
    entity: Entity,
    name: str,
    path: Path,
    compression: str | None,
    given: Given,
    people: list[Person],
    target: Path,
) -> int:
    if given.is_empty:
        return 0
    for person in people:
        person.make_keys(connection, run, given.query)
    joins = " ".join(person.joins() for person in people)
    faults = _scored(_faults(entity, given, people), given)
    is_bad = " or ".join(bad for _, bad in faults.values())
    is_broken = " or ".join(f"not coalesce({holds}, true)" for _, holds, _ in _rules(entity, run)) or "false"

    def copied(line: str, also: str) -> int:
        row = connection.execute(
            f"copy (select * replace (_fault or {is_broken} as _fault) from (select {_values(faults)}, {literal(name)} as _file, {line} as _line, "
            f"false as _deleted, {literal(run.run_id)} as _run, ({is_bad}) as _fault, _record "
            f"from ({given.query}) as given {joins} {also})) to {literal(str(target))} (format parquet)"
        ).fetchone()
        assert row is not None
        return int(row[0])

    if given.kind == "parquet":
        return copied("_record", "")
    first = 2 if given.kind == "csv" else 1
    rows = copied(f"_record + {first - 1}", "")
    if rows and physical_lines(path, compression) != rows + first - 1:
        # Quoted line breaks or blank lines: only now is each record's first line looked up.
        connection.register("record_lines", record_lines(given.kind, compression, path))
        rows = copied("record_lines.line", "join record_lines using (_record)")
        connection.unregister("record_lines")
    return rows


def _values(faults: dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{typed} as {quoted(column)}" for column, (typed, _) in faults.items())


def _rules(entity: Entity, run: FileExtraction) -> list[tuple[str, str, str]]:
    """Column, SQL over the values of a row that must not be false, and what to say where it is, after "the value"."""
    future = "lies in the future: mend its year, unit or time zone, or leave it empty until it has happened"
    held = [(column.name, column.holds, column.cure) for column in entity.columns if column.holds]
    happened = [column.name for column in entity.columns if column.name in EVENT_COLUMNS]
    return held + [(name, f"{quoted(name)} <= timestamp '{run.latest}'", future) for name in happened]


def _explained(
    connection: duckdb.DuckDBPyConnection, run: FileExtraction, entity: Entity, given: Given, people: list[Person], line: int, record: int
) -> Fault:
    """The first column at fault in a record, by itself or beside the others. Values are never repeated: a shifted column may hold a person."""
    faults = _faults(entity, given, people)
    joins = " ".join(person.joins() for person in people)
    asked = ", ".join(f"({bad})" for _, bad in faults.values())
    answers = connection.execute(f"select {asked} from ({given.query}) as given {joins} where _record = {record}").fetchone()
    assert answers is not None
    if True not in answers:
        rules = _rules(entity, run)
        row = f"select {_values(faults)} from ({given.query}) as given {joins} where _record = {record}"
        held = connection.execute(f"select {', '.join(f'({holds})' for _, holds, _ in rules)} from ({row})").fetchone()
        assert held is not None
        name, _, cure = rules[held.index(False)]
        return Fault(line, name, f"the value {cure}")
    column = entity.columns[answers.index(True)]
    if column.is_person:
        person = next(person for person in people if person.column.name == column.name)
        return Fault(line, *_person_fault(connection, person, given, record))
    asked = quoted(column.name) if column.name in given.columns else "null"
    text = connection.execute(f"select {asked} from ({given.query}) where _record = {record}").fetchone()
    if text == (None,):
        cure = f": give it, or {' and '.join(column.unless)}" if column.unless else ""
        return Fault(line, column.name, f"is empty, and it is required{cure}")
    return Fault(line, column.name, f"the value {demand(column.name, duckdb_type(column.type))}")


def _person_fault(connection: duckdb.DuckDBPyConnection, person: Person, given: Given, record: int) -> tuple[str, str]:
    for way in person.given:
        (text,) = connection.execute(f"select {quoted(way)} from ({given.query}) where _record = {record}").fetchone()  # type: ignore[misc]
        if text is not None and way == person.platform_id:
            return way, f"an account needs its platform: fill the column platform, or give {person.email} or {person.column.name}"
        if text is not None:
            return way, "the value is not an e-mail address"
    return person.column.name, f"is empty, and it is required: give one of {', '.join(person.given)}"

"""The published file -> folders of Parquet, CSV or XLSX for programs and people that take files.

data/exports/parquet/<schema>/<mart>/<mart>.parquet, data/exports/csv/<schema>/<mart>.csv, data/exports/xlsx/<schema>.xlsx, each
format with a manifest.json, which is replaced last: what it lists belongs together, and its sums tell whether a file is of it.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.publish import Mart, PublishError
from pipelines.warehouse import literal, quoted

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 1_048_576  # of a sheet, its heading included
SHEET_NAME = 31
FIRST_YEAR = 1900  # a sheet knows no earlier day
# A spreadsheet takes text that begins so for a formula and runs it (OWASP, CSV injection).
FORMULA = "=+-@\t\r\n＝＋－＠"


@dataclass(frozen=True)
class Export:
    """What stands in a folder: rows by mart, and what could not be put there, in words."""

    folder: Path
    tables: dict[str, int]
    left_out: tuple[str, ...] = ()


def _columns(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[tuple[str, str, str]]:
    return connection.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " where schema_name = ? and table_name = ? order by column_index",
        [mart.schema, mart.name],
    ).fetchall()


def _rows(connection: duckdb.DuckDBPyConnection, mart: Mart) -> int:
    row = connection.execute(f"select count(*) from {quoted(mart.schema)}.{quoted(mart.name)}").fetchone()
    return int(row[0]) if row else 0


def _harmless(column: str) -> str:
    """SQL: text that a spreadsheet shows as text. An apostrophe before it is how every one of them is told so."""
    begins = f"contains({literal(FORMULA)}, left(ltrim({quoted(column)}, ' '), 1)) and ltrim({quoted(column)}, ' ') <> ''"
    return f"case when {begins} then chr(39) || {quoted(column)} else {quoted(column)} end as {quoted(column)}"


def harmless(text: str) -> str:
    """The same of one text."""
    begins = text.lstrip(" ")[:1]
    return f"'{text}" if begins and begins in FORMULA else text


def _put(path: Path, write: Callable[[Path], object]) -> Path:
    """The file is either the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    following = path.with_name(path.name + ".next")
    following.unlink(missing_ok=True)
    write(following)
    os.replace(following, path)
    return path


def _parquet(connection: duckdb.DuckDBPyConnection, mart: Mart, folder: Path) -> Path:
    source = f"{quoted(mart.schema)}.{quoted(mart.name)}"
    return _put(
        folder / mart.schema / mart.name / f"{mart.name}.parquet",
        lambda path: connection.execute(f"copy (from {source}) to {literal(str(path))} (format parquet, compression zstd)"),
    )


def _csv(connection: duckdb.DuckDBPyConnection, mart: Mart, folder: Path) -> Path:
    taken = ", ".join(_harmless(name) if type_ == "VARCHAR" else quoted(name) for name, type_, _ in _columns(connection, mart))
    source = f"{quoted(mart.schema)}.{quoted(mart.name)}"
    return _put(
        folder / mart.schema / f"{mart.name}.csv",
        lambda path: connection.execute(f"copy (select {taken} from {source}) to {literal(str(path))} (format csv, header)"),
    )


def _cell(sheet: "Worksheet", formats: dict[type, "Format"], row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and math.isfinite(value):
        sheet.write_number(row, column, float(value))  # a spreadsheet knows 15 digits and no more
    elif isinstance(value, datetime | date) and value.year >= FIRST_YEAR:
        sheet.write_datetime(row, column, value, formats[type(value)])
    else:
        sheet.write_string(row, column, str(value))  # never a formula, whatever it begins with


def _sheet(connection: duckdb.DuckDBPyConnection, workbook: "Workbook", formats: dict[type, "Format"], mart: Mart) -> None:
    sheet = workbook.add_worksheet(mart.name[:SHEET_NAME])
    columns = _columns(connection, mart)
    for place, (name, _, comment) in enumerate(columns):
        sheet.write_string(0, place, name, formats[str])
        sheet.write_comment(0, place, comment[:1000])
    rows = connection.execute(f"from {quoted(mart.schema)}.{quoted(mart.name)}")
    line = 1
    while batch := rows.fetchmany(10_000):
        for values in batch:
            for place, value in enumerate(values):
                _cell(sheet, formats, line, place, value)
            line += 1
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(line - 1, 1), len(columns) - 1)


def _xlsx(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart], folder: Path) -> tuple[list[Path], list[str]]:
    """A workbook a schema, a sheet a mart; a mart with more rows than a sheet has is left out and named."""
    from xlsxwriter import Workbook

    paths, left_out = [], []
    for schema in sorted({mart.schema for mart in marts}):
        fitting = [mart for mart in marts if mart.schema == schema and _rows(connection, mart) < SHEET_ROWS]
        left_out += [
            f"{mart.table} has more rows than a sheet holds: take it as CSV or Parquet"
            for mart in marts
            if mart.schema == schema and mart not in fitting
        ]

        def write(path: Path, fitting: Sequence[Mart] = fitting) -> None:
            with Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as workbook:
                workbook.set_properties({"created": datetime(2000, 1, 1)})  # equal content makes an equal file
                formats: dict[type, Format] = {
                    date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
                    datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
                    str: workbook.add_format({"bold": True}),
                }
                for mart in fitting:
                    _sheet(connection, workbook, formats, mart)

        if fitting:
            paths.append(_put(folder / f"{schema}.xlsx", write))
    return paths, left_out


def _manifest(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart], paths: Sequence[Path], folder: Path) -> None:
    sums = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    said = {
        "marts": {
            mart.table: {
                "description": mart.description,
                "grain": list(mart.grain),
                "rows": _rows(connection, mart),
                "columns": [{"name": name, "type": type_, "description": about} for name, type_, about in _columns(connection, mart)],
            }
            for mart in marts
        },
        "files": sums,
    }
    text = json.dumps(said, indent=1, ensure_ascii=False)
    _put(folder / "manifest.json", lambda path: path.write_text(text, encoding="utf-8"))


def _sweep(folder: Path, kept: Sequence[Path]) -> None:
    """Files of marts that are no longer published would be taken for today's."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path.suffix in (".parquet", ".csv", ".xlsx", ".next") and path not in kept:
            path.unlink()


def exports_folder(published_path: Path) -> Path:
    """Where every export of this published file lies."""
    return published_path.parent / "exports"


def export(published_path: Path, marts: Sequence[Mart], kind: str) -> Export:
    """`kind` is parquet, csv or xlsx; the folder lies beside the published file. PublishError where it cannot be written."""
    folder = exports_folder(published_path) / kind
    left_out: list[str] = []
    try:
        with duckdb.connect(str(published_path), read_only=True) as connection:
            there = {row[0] for row in connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}
            wanted = [mart for mart in marts if mart.table in there]
            if kind == "xlsx":
                paths, left_out = _xlsx(connection, wanted, folder)
            else:
                write = {"parquet": _parquet, "csv": _csv}[kind]
                paths = [write(connection, mart, folder) for mart in wanted]
            _manifest(connection, wanted, paths, folder)
            tables = {mart.table: _rows(connection, mart) for mart in wanted}
    except (OSError, duckdb.IOException) as fault:
        raise PublishError(f"{folder} cannot be written: {fault}") from None
    _sweep(folder, [*paths, folder / "manifest.json"])
    return Export(folder, tables, tuple(left_out))

"""A file of the drop as lines: where its records begin, and what is wrong with one that cannot be read at all.

Plain Python and slow: asked only of files with line breaks in quotes, blank lines or faults.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from pathlib import Path

import pyarrow as pa

COMPRESSION = {".gz": "gzip", ".zst": "zstd"}
PATTERN = re.compile(r"[*?[]")
SURROGATE = re.compile("[\ud800-\udfff]")
LONGEST_LINE = 4_000_000  # bytes; a text of 1 MB fits, four times over


@dataclass
class Fault(Exception):
    """Why a file is refused: the first line and column at fault where they can be named, and the cure."""

    line: int | None
    field: str | None
    reason: str


def kind_of(path: Path) -> tuple[str, str | None]:
    """(csv, jsonl, json or parquet; compression) by the ending of the name."""
    if PATTERN.search(str(path)):
        raise Fault(None, None, "has one of * ? [ in its path, which would be read as a pattern: rename it")
    compression = COMPRESSION.get(path.suffix.lower())
    ending = Path(path.stem).suffix.lower() if compression else path.suffix.lower()
    if ending not in (".csv", ".jsonl", ".json", ".parquet") or (compression and ending == ".parquet"):
        raise Fault(None, None, "is of no known kind; give .csv or .jsonl (also .gz or .zst), or .parquet")
    return ending.removeprefix("."), compression


def open_text(path: Path, compression: str | None) -> TextIOWrapper:
    """UTF-8, with or without a byte order mark; line ends as they are."""
    return TextIOWrapper(pa.input_stream(str(path), compression=compression), encoding="utf-8-sig", newline="")


def physical_lines(path: Path, compression: str | None) -> int:
    """Lines of the file, the last one also where nothing ends it."""
    lines, last = 0, b"\n"
    with pa.input_stream(str(path), compression=compression) as stream:
        while chunk := stream.read(1 << 20):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")


def records(kind: str, compression: str | None, path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(first line, record) of each record after the header; blank lines are none, as for DuckDB."""
    csv.field_size_limit(LONGEST_LINE)
    with open_text(path, compression) as text:
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


def record_lines(kind: str, compression: str | None, path: Path) -> pa.Table:
    """`_record` (1, 2, ...) and the `line` on which it begins."""
    lines = [line for line, _ in records(kind, compression, path)]
    return pa.table({"_record": pa.array(range(1, len(lines) + 1), pa.int64()), "line": pa.array(lines, pa.int64())})


def unreadable(kind: str, compression: str | None, path: Path) -> Fault:
    """Look for what DuckDB stumbled over, slowly, so that it can be named without repeating the line."""
    packed = f" inside its {compression} compression" if compression else ""
    if kind == "parquet":
        return Fault(None, None, "is not a readable Parquet file: write it again")
    if kind == "json":
        return Fault(None, None, "cannot be read as JSON, one array of objects or one object a line: export it again")
    try:
        with BufferedReader(pa.input_stream(str(path), compression=compression)) as stream:
            for number, line in enumerate(stream, 1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    return Fault(number, None, "is not UTF-8: save the file as UTF-8 (in a spreadsheet: CSV UTF-8)")
        width = None
        if kind == "csv":
            with open_text(path, compression) as text:
                width = len(next(filter(None, csv.reader(text, strict=True)), ()))
        number = 0
        for number, record in records(kind, compression, path):
            if isinstance(record, list) and len(record) != width:
                return Fault(number, None, f"has {len(record)} fields where the header has {width}: an unquoted comma or a missing one")
            if isinstance(record, str) and not isinstance(row := json.loads(record), dict):
                return Fault(number, None, "is not a JSON object: one object a line")
            if isinstance(record, str) and SURROGATE.search(json.dumps(row, ensure_ascii=False)):
                return Fault(number, None, "holds half of a surrogate pair (\\ud800 to \\udfff), which no text may")
    except csv.Error as fault:
        return Fault(number + 1, None, f"cannot be read as CSV (RFC 4180: comma, double quotes, quotes doubled inside): {fault}")
    except json.JSONDecodeError as fault:
        return Fault(number, None, f"cannot be read as JSON: {fault.msg}")
    except (OSError, EOFError, pa.ArrowInvalid):
        return Fault(None, None, f"cannot be read to its end{packed}: the file is cut short or damaged, write it again")
    longest = f"lines of at most {LONGEST_LINE // 1_000_000} MB"
    return Fault(None, None, f"cannot be read as {kind}: it needs one kind of line end, and {longest}")

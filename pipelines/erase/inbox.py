"""Files of the inbox -> the same files without a person; what cannot be rewritten is named.

Rows about the person go, of an event export all that the loader takes for theirs; rows of money and of others stay without
the person. Every other row of a CSV or JSON lines file stays byte for byte.
"""

import csv
import gzip
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.entities import Entity, entities
from pipelines.erase.exported import exported, in_memory
from pipelines.erase.looking import Closed, texts
from pipelines.erase.persons import Person
from pipelines.erase.rows import GONE, Finder, Rows
from pipelines.erase.spellings import Words
from pipelines.keys import REMOVED, name_without_addresses
from pipelines.settings import Settings
from pipelines.sources.files.lines import Fault, kind_of

SPACE = re.compile(r"[ \t\r\n]*")


def _csv(text: Iterator[str], rows: Rows) -> Iterator[tuple[str, bool]]:
    """Pieces of the file, each with whether it differs from what stood there."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    header: list[str] = []
    ways: dict[str, list[str]] = {}
    number = 0
    for record in csv.reader(lines(), strict=True):
        raw = "".join(taken)
        taken.clear()
        if not header or not record:
            header = header or [name.removeprefix("\ufeff") for name in record]
            ways = rows.ways(header)
            yield raw, False
            continue
        number += 1
        row = dict(zip(header, record, strict=False))
        edited = rows.edited(number, row, ways)
        if edited is row:
            yield raw, False
        elif edited is GONE:
            yield "", True
        else:
            sink = io.StringIO()
            end = "\r\n" if raw.endswith("\r\n") else "\n"
            csv.writer(sink, lineterminator=end).writerow("" if edited.get(name) is None else edited[name] for name in header)
            yield sink.getvalue(), True


def _jsonl(text: Iterator[str], rows: Rows) -> Iterator[tuple[str, bool]]:
    number = 0
    for line in text:
        number += bool(line.strip())
        try:
            row = json.loads(line.removeprefix("\ufeff"))
        except ValueError:
            row = None  # no row for the loader either; what it holds is looked for as text
        edited = rows.edited(number, row) if isinstance(row, dict) else row
        if edited is row:
            yield line, False
        else:
            yield "" if edited is GONE else json.dumps(edited, ensure_ascii=False) + "\n", True


def _json(text: Iterator[str], rows: Rows) -> Iterator[tuple[str, bool]]:
    """One array, as the loader takes it where the file begins with a bracket, else one object a line. ValueError where it is no JSON."""
    whole = "".join(text)
    if not whole.removeprefix("\ufeff").lstrip().startswith("["):
        yield from _jsonl(iter(io.StringIO(whole, newline="")), rows)
        return
    pieces = []
    for number, (raw, row) in enumerate(_elements(whole), 1):
        edited = rows.edited(number, row) if isinstance(row, dict) else row
        pieces.append((raw, False) if edited is row else ("" if edited is GONE else json.dumps(edited, ensure_ascii=False), True))
    is_changed = any(changed for _, changed in pieces)
    yield "[" + ",\n".join(piece for piece, _ in pieces if piece) + "]\n" if is_changed else whole, is_changed


def _elements(array: str) -> Iterator[tuple[str, Any]]:
    """Each element of a JSON array as it stands there, and what it means."""
    decoder, at = json.JSONDecoder(), array.index("[") + 1
    while True:
        at = SPACE.match(array, at).end()  # type: ignore[union-attr]
        if array[at : at + 1] == "]":
            if array[at + 1 :].strip():
                raise ValueError("something stands behind the array")
            return
        element, end = decoder.raw_decode(array, at)
        yield array[at:end], element
        at = SPACE.match(array, end).end()  # type: ignore[union-attr]
        if array[at : at + 1] not in (",", "]"):
            raise ValueError("an element of the array does not end")
        at += array[at] == ","


def _put(path: Path, content: bytes) -> None:
    following = path.with_name(f".{path.name}.next")
    try:
        following.write_bytes(content)
        os.replace(following, path)
    finally:
        following.unlink(missing_ok=True)


def _rewrite_text(path: Path, kind: str, compression: str | None, rows: Rows, is_trial: bool) -> bool:
    stored = path.read_bytes() if compression is None else pa.input_stream(str(path), compression=compression).read()
    text = io.StringIO(stored.decode("utf-8"), newline="")
    pieces = list({"csv": _csv, "jsonl": _jsonl, "json": _json}[kind](iter(text), rows))
    if is_trial or not any(is_changed for _, is_changed in pieces):
        return False
    content = "".join(piece for piece, _ in pieces).encode()
    if compression == "gzip":
        content = gzip.compress(content, mtime=0)
    elif compression == "zstd":
        content = bytes(pa.compress(content, "zstd", asbytes=True))
    _put(path, content)
    return True


def _rewrite_parquet(path: Path, rows: Rows, is_trial: bool) -> bool:
    table = pq.read_table(path)
    ways = rows.ways(table.column_names)
    texts = [
        name
        for name in table.column_names
        if pa.types.is_string(table.schema.field(name).type) or pa.types.is_large_string(table.schema.field(name).type)
    ]
    columns = {name: table.column(name).to_pylist() for name in {*texts, *(way for given in ways.values() for way in given)}}
    given = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    edited = [rows.edited(number, row, ways) for number, row in enumerate(given, 1)]
    if is_trial or all(new is row for new, row in zip(edited, given, strict=True)):
        return False
    kept = table.filter(pa.array([new is not GONE for new in edited]))
    staying = [new for new in edited if new is not GONE]
    for name in columns:
        place = kept.schema.get_field_index(name)
        kept = kept.set_column(
            place, kept.schema.field(name), pa.chunked_array([pa.array([row[name] for row in staying], kept.schema.field(name).type)])
        )
    sink = io.BytesIO()
    pq.write_table(kept, sink, compression="zstd")
    _put(path, sink.getvalue())
    return True


def _files(settings: Settings) -> Iterator[tuple[str, Path, Entity | None]]:
    inbox = settings.inbox_path
    for path in sorted(inbox.rglob("*")) if inbox.is_dir() else ():
        if path.is_file():
            name = path.relative_to(inbox)
            yield name.as_posix(), path, entities().get(name.parts[0]) if len(name.parts) > 1 else None


def links(settings: Settings) -> set[tuple[str, str]]:
    """(person, browser or account of theirs), as keys, in all event exports of the inbox."""
    found: set[tuple[str, str]] = set()
    with in_memory() as connection:
        for _, path, entity in _files(settings):
            if entity and (export := exported(connection, settings, entity, path)):
                found.update(export.links())
    return found


def clear(settings: Settings, person: Person, is_trial: bool) -> tuple[list[str], dict[str, str]]:
    """Files that were rewritten; and files that hold the person still or could not be read, with why.

    A trial changes nothing: it finds every word by which the files know the person.
    """
    finder = Finder(settings, person, is_trial)
    rewritten, left = [], {}
    for name, path, entity in _files(settings):
        if entity is None:
            continue
        try:
            rows = Rows(entity, finder, _of_export(settings, entity, path, person))
            kind, compression = kind_of(path)
            if kind == "parquet":
                changed = _rewrite_parquet(path, rows, is_trial)
            else:
                changed = _rewrite_text(path, kind, compression, rows, is_trial)
        except Fault:
            continue  # no file of data: its bytes are looked through below
        except (OSError, pa.ArrowException):
            left[told(name, Words(person.words))] = "cannot be read or written here: look through it, and write it without the person"
            continue
        except (ValueError, csv.Error):
            continue  # the loader cannot read it either; what it holds is looked for as text
        if changed:
            rewritten.append(told(name, Words(person.words)))
    return rewritten, left


def _of_export(settings: Settings, entity: Entity, path: Path, person: Person) -> set[int] | None:
    """Numbers of the lines of an event export that go; None where it is none."""
    with in_memory() as connection:
        export = exported(connection, settings, entity, path)
        if export is None:
            return None
        numbers, addresses = export.lines_of(person.keys)
        for address in addresses:
            person.name_address(address)
        return numbers


def holding(settings: Settings, person: Person) -> dict[str, str]:
    """Files of the inbox in whose name or texts a word of the person stands, and those that cannot be looked into, with why."""
    words, found = Words(person.words), {}
    inbox = settings.inbox_path
    for folder in inbox.rglob("*/") if inbox.is_dir() else ():
        if words.standing(folder.name) and not any(folder.iterdir()):
            found[told(folder.relative_to(inbox).as_posix(), words)] = "is named after the person: remove the folder"
    for name, path, _ in _files(settings):
        if words.standing(name):
            found[told(name, words)] = "is named after the person: rename it"
            continue
        try:
            if any(words.standing(text) for text in texts(path)):
                found[told(name, words)] = "still names the person: write it without them"
        except Closed:
            found[told(name, words)] = (
                "cannot be looked into: take it out of the inbox, or put what it holds there as CSV, JSON lines, Parquet or text"
            )
    return found


def told(name: str, words: Words) -> str:
    """The name of a file, for whoever asked: it may be somebody's address."""
    return name_without_addresses(words.taken_out(name, REMOVED))

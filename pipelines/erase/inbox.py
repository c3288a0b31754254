"""Files of the inbox -> the same files without a person; what cannot be rewritten is named.

Rows about the person go; rows of money and of others stay without the person. Every other row of a CSV or JSON lines file
stays byte for byte.
"""

import csv
import gzip
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.entities import Entity, entities
from pipelines.erase.persons import Person
from pipelines.forgotten import LINKS, REMOVED, SUBJECTS
from pipelines.keys import Keys
from pipelines.settings import Settings
from pipelines.sources.files.lines import Fault, kind_of

GONE: dict[str, Any] = {}  # what `_edited` gives for a row that goes


class Finder:
    """Tells a person's columns by their values, as the loader would, and words in texts by themselves."""

    def __init__(self, settings: Settings, person: Person) -> None:
        self.person = person
        self._keys = Keys.of(settings)
        self._known: dict[tuple[str, str, str], bool] = {}

    def is_person(self, way: str, value: str, platform: str) -> bool:
        asked = (way.rpartition("_")[2], value, platform)
        if asked not in self._known:
            self._known[asked] = self._key(way, value, platform) in self.person.keys
            if self._known[asked] and not way.endswith("_key"):
                self.person.name(value.strip())
                if way.endswith("_platform_id"):
                    self.person.accounts.add((platform.lower(), value.strip()))
        return self._known[asked]

    def _key(self, way: str, value: str, platform: str) -> str | None:
        try:
            if way.endswith("_platform_id"):
                return self._keys.account(platform, value)
            return self._keys.email(value) if way.endswith("_email") else self._keys.given(value)
        except ValueError:
            return None

    def unnamed(self, text: str) -> str:
        low = text.lower()
        for word in self.person.words:
            if word in low:
                text = re.sub(re.escape(word), REMOVED, text, flags=re.IGNORECASE)
        return text


def _ways(entity: Entity, columns: Iterable[str]) -> dict[str, list[str]]:
    """Person column of the entity -> columns of the file that give it."""
    given = set(columns)
    ways = {c.name: [w for w in (f"{c.stem}_platform_id", f"{c.stem}_email", c.name) if w in given] for c in entity.columns if c.is_person}
    return {name: found for name, found in ways.items() if found}


def _edited(entity: Entity, ways: Mapping[str, list[str]], row: Mapping[str, Any], finder: Finder) -> Mapping[str, Any]:
    """The row itself where the person is not in it, GONE where it is about the person, else the row without the person."""
    platform = str(row.get("platform") or "")
    named = [name for name, given in ways.items() if any(row.get(way) and finder.is_person(way, str(row[way]), platform) for way in given)]
    about = {SUBJECTS.get(entity.name)} | ({LINKS[1]} if entity.name == LINKS[0] else set())
    if about & set(named) or ("author_key" in named and str(row.get("is_brand")).lower() == "false"):
        return GONE
    changed: dict[str, Any] = {way: None for name in named for way in ways[name]}
    if named and row.get("text"):
        changed["text"] = None
    people = {way for given in ways.values() for way in given}
    for name, value in row.items():
        if isinstance(value, str) and name not in people and name not in changed and (clean := finder.unnamed(value)) != value:
            changed[name] = clean
    return {**row, **changed} if changed else row


def _csv(text: Iterator[str], entity: Entity, finder: Finder) -> Iterator[tuple[str, bool]]:
    """Pieces of the file, each with whether it differs from what stood there."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    header: list[str] = []
    ways: dict[str, list[str]] = {}
    for record in csv.reader(lines(), strict=True):
        raw = "".join(taken)
        taken.clear()
        if not header or not record:
            header = header or [name.removeprefix("\ufeff") for name in record]
            ways = _ways(entity, header)
            yield raw, False
            continue
        row = dict(zip(header, record, strict=False))
        edited = _edited(entity, ways, row, finder)
        if edited is row:
            yield raw, False
        elif edited is GONE:
            yield "", True
        else:
            sink = io.StringIO()
            end = "\r\n" if raw.endswith("\r\n") else "\n"
            csv.writer(sink, lineterminator=end).writerow("" if edited.get(name) is None else edited[name] for name in header)
            yield sink.getvalue(), True


def _jsonl(text: Iterator[str], entity: Entity, finder: Finder) -> Iterator[tuple[str, bool]]:
    for line in text:
        row = json.loads(line) if line.strip() else None
        edited = _edited(entity, _ways(entity, row), row, finder) if row else row
        if edited is row:
            yield line, False
        else:
            yield "" if edited is GONE else json.dumps(edited, ensure_ascii=False) + "\n", True


def _put(path: Path, content: bytes) -> None:
    following = path.with_name(f".{path.name}.next")
    try:
        following.write_bytes(content)
        os.replace(following, path)
    finally:
        following.unlink(missing_ok=True)


def _rewrite_text(path: Path, kind: str, compression: str | None, entity: Entity, finder: Finder, is_trial: bool) -> bool:
    stored = path.read_bytes() if compression is None else pa.input_stream(str(path), compression=compression).read()
    text = io.StringIO(stored.decode("utf-8"), newline="")
    pieces = list((_csv if kind == "csv" else _jsonl)(iter(text), entity, finder))
    if is_trial or not any(is_changed for _, is_changed in pieces):
        return False
    content = "".join(piece for piece, _ in pieces).encode()
    if compression == "gzip":
        content = gzip.compress(content, mtime=0)
    elif compression == "zstd":
        content = bytes(pa.compress(content, "zstd", asbytes=True))
    _put(path, content)
    return True


def _rewrite_parquet(path: Path, entity: Entity, finder: Finder, is_trial: bool) -> bool:
    table = pq.read_table(path)
    ways = _ways(entity, table.column_names)
    texts = [
        name
        for name in table.column_names
        if pa.types.is_string(table.schema.field(name).type) or pa.types.is_large_string(table.schema.field(name).type)
    ]
    columns = {name: table.column(name).to_pylist() for name in {*texts, *(way for given in ways.values() for way in given)}}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    edited = [_edited(entity, ways, row, finder) for row in rows]
    if is_trial or all(new is row for new, row in zip(edited, rows, strict=True)):
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


def clear(settings: Settings, person: Person, is_trial: bool) -> tuple[list[str], dict[str, str]]:
    """Files that were rewritten; and files that hold the person still or could not be read, with why.

    A trial changes nothing: it finds every word by which the files know the person.
    """
    finder = Finder(settings, person)
    rewritten, left = [], {}
    for name, path, entity in _files(settings):
        if entity is None:
            continue
        try:
            kind, compression = kind_of(path)
            if kind == "parquet":
                changed = _rewrite_parquet(path, entity, finder, is_trial)
            else:
                changed = _rewrite_text(path, kind, compression, entity, finder, is_trial)
        except Fault:
            continue  # no file of data: its bytes are looked through below
        except (OSError, ValueError, csv.Error, pa.ArrowException):
            left[name] = "cannot be read or written here: look through it, and write it without the person"
            continue
        if changed:
            rewritten.append(name)
    return rewritten, left


def holding(settings: Settings, person: Person) -> dict[str, str]:
    """Files of the inbox in whose bytes, unpacked, a word of the person stands."""
    found = {}
    for name, path, _ in _files(settings):
        try:
            packed = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower())
            content = pa.input_stream(str(path), compression=packed).read() if packed else path.read_bytes()
            if path.suffix.lower() == ".parquet":
                content += json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
        except (OSError, pa.ArrowException):
            content = path.read_bytes()
        low = content.lower()
        if any(word.encode() in low for word in person.words):
            found[name] = "still names the person: write it without them"
    return found

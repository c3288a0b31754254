"""What is stored of a source's records already, as rows that may be written again."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pipelines.http import stamp
from pipelines.raw import Extraction


def known_rows(run: Extraction, table: str, columns: Iterable[str], where: str) -> Iterator[dict[str, Any]]:
    """Stored rows of a raw table by column, times as text, as write() takes them. `where` is SQL; ids go in by literals()."""
    names = list(columns)
    for row in run.stored(f"select {', '.join(names)} from {table} where {where}"):
        yield {name: stamp(value) if isinstance(value, datetime) else value for name, value in zip(names, row, strict=True)}

"""What is stored of a source's records already, as rows that may be written again."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.http import stamp, utc
from pipelines.raw import Extraction


def known_rows(run: Extraction, table: str, columns: Iterable[str], where: str) -> Iterator[dict[str, Any]]:
    """Stored rows of a raw table by column, times as text, as write() takes them. `where` is SQL; ids go in by literals()."""
    names = list(columns)
    for row in run.stored(f"select {', '.join(names)} from {table} where {where}"):
        yield {name: stamp(value) if isinstance(value, datetime) else value for name, value in zip(names, row, strict=True)}


@dataclass(frozen=True)
class StoredPost:
    """A post of ours that is stored and not deleted, with its latest counters."""

    posted_at: datetime
    observed_at: datetime | None
    counters: Mapping[str, int | None]


def stored_posts(run: Extraction, where: str, counters: Collection[str]) -> dict[str, StoredPost]:
    """Those of a social source by id. `where` is SQL."""
    latest = ", ".join(f"arg_max(m.{counter}, m._observed_at)" for counter in counters)
    rows = run.stored(f"""
        select p.post_id, p.posted_at, max(m._observed_at), {latest}
        from posts as p left join post_metrics as m using (post_id)
        where p.{where} and p.deleted_at is null group by all""")
    return {
        id_: StoredPost(utc(posted_at), last and utc(last), dict(zip(counters, values, strict=True)))
        for id_, posted_at, last, *values in rows
    }

"""Rows about persons that are older than a source may keep -> gone from the raw tables, whole months at a time.

`retention_days` of [sources.<name>] in .dlt/config.toml, or SOURCES__<NAME>__RETENTION_DAYS. A month goes once its last day is that old,
so that no figure is made of half a month. What an API or a file gives again goes again at the end of the same load; money, posts of
ours and counters are nobody's and stay.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipelines.forgotten import subjects
from pipelines.raw import RawTable, Setting, Source
from pipelines.settings import Settings, SettingsError
from pipelines.warehouse import connect, quoted, transaction

RETENTION = Setting("retention_days", "Days after which rows about persons are removed; everything is kept where it is not given.")
TIMES = ("occurred_at", "answered_at", "invited_at", "submitted_at")


def retention_days(settings: Settings, source: Source) -> int | None:
    """SettingsError where it is no whole number of days from 1 on."""
    given = settings.source(source.name, [RETENTION]).get(RETENTION.name)
    if given is None:
        return None
    if not given.isdecimal() or int(given) < 1:
        raise SettingsError(
            f"SOURCES__{source.name.upper()}__RETENTION_DAYS is {given!r}: give a whole number of days from 1 on, or leave it away to keep everything"
        )
    return int(given)


def expire(settings: Settings, sources: Mapping[str, Source], as_of: datetime) -> int:
    """Remove what has been kept for long enough, by the clock of the build; gives how many rows went. The caller holds the lock of the warehouse."""
    removed = 0
    with connect(settings) as connection, transaction(connection):
        for source in sources.values():
            days = retention_days(settings, source)
            if days is None:
                continue
            before = (as_of - timedelta(days=days)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            # what names an interaction goes after it
            for table in sorted(source.tables, key=lambda table: "interaction_addressees" in table.entities):
                for where in _old(source, table):
                    place = f"{quoted(f'raw_{source.name}')}.{quoted(table.name)}"
                    row = connection.execute(
                        f"delete from {place} where {where}", {"before": before} if "$before" in where else None
                    ).fetchone()
                    removed += int(row[0]) if row else 0
    return removed


def _old(source: Source, table: RawTable) -> list[str]:
    """Conditions of the rows of a table that go."""
    time = next((name for name in TIMES if name in table.columns), None)
    if not subjects(table):
        return []
    if time:
        return [f"{quoted(time)} < $before"]
    if "interaction_addressees" in table.entities:
        interactions = f"{quoted(f'raw_{source.name}')}.interactions"
        return [f"(platform, interaction_id) not in (select (platform, interaction_id) from {interactions})"]
    return []

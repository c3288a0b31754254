"""Rows about persons that are older than a source may keep -> gone from the raw tables, whole months at a time.

`retention_days` of [sources.<name>] in .dlt/config.toml, or SOURCES__<NAME>__RETENTION_DAYS. A month goes once its last day is that old,
so that no figure is made of half a month. What an API or a file gives again goes again at the end of the same load; money, posts of
ours and counters are nobody's and stay.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipelines.forgotten import is_of_one_person, person_columns
from pipelines.raw import RawTable, Setting, Source
from pipelines.settings import Settings, SettingsError
from pipelines.warehouse import connect, quoted, transaction

RETENTION = Setting("retention_days", "Days after which rows about persons are removed; everything is kept where it is not given.")
# Entities of what somebody said or did on a day, and the columns that say when, the first that is given.
DATED = {"interactions", "interaction_addressees", "touches", "surveys", "survey_invitations", "story_submissions"}
TIMES = ("occurred_at", "answered_at", "invited_at", "submitted_at", "responded_on", "created_at")


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
                if sql := _expiring(source, table):
                    row = connection.execute(sql, {"before": before} if "$before" in sql else None).fetchone()
                    removed += int(row[0]) if row else 0
    return removed


def _expiring(source: Source, table: RawTable) -> str | None:
    """What takes the old rows of a table away; None where it holds nothing that somebody did on a day."""
    if not DATED & set(table.entities):
        return None
    place, times = f"{quoted(f'raw_{source.name}')}.{quoted(table.name)}", [quoted(name) for name in TIMES if name in table.columns]
    if not times:
        interactions = f"{quoted(f'raw_{source.name}')}.interactions"
        return f"delete from {place} where (platform, interaction_id) not in (select (platform, interaction_id) from {interactions})"
    is_old = f"coalesce({', '.join(times)}) < $before"
    if (keys := person_columns(table)) and is_of_one_person(table) and not table.scope:
        # visits count on, of nobody: a day that counts otherwise than at the vendor would be read again for ever
        nobody = ", ".join(f"{quoted(key)} = null" for key in keys)
        return f"update {place} set {nobody} where {is_old} and coalesce({', '.join(map(quoted, keys))}) is not null"
    return f"delete from {place} where {is_old}"

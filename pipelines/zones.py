"""A vendor's name of a time zone -> the zone."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.http import SourceError

OFFSET = re.compile(r"UTC([+-]\d{1,2}(?:\.\d+)?)")  # Matomo's own names, in hours


def zone_of(source: str, name: str) -> tzinfo:
    """SourceError where this machine knows no such zone."""
    offset = OFFSET.fullmatch(name)
    try:
        return timezone(timedelta(hours=float(offset[1]))) if offset else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SourceError(
            f"{source}: the account's time zone has a name that is none in the zone data of this machine; update its tzdata"
        ) from None

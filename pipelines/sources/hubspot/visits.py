"""A contact's properties -> its first and latest visit of the web site."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.http import stamp


def visits(contact_id: str, properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """First and latest visit. Of its address only the utm parameters are kept: the rest may name the visitor."""
    url = properties.get("hs_analytics_first_url") or ""
    try:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    except ValueError:  # no address at all
        query = {}
    first = {
        "source": properties.get("hs_analytics_source"),
        "source_detail": properties.get("hs_analytics_source_data_1"),
        "referrer": _host(properties.get("hs_analytics_first_referrer")),
        **{name: query.get(name) for name in ("utm_source", "utm_medium", "utm_campaign")},
    }
    latest = {"source": properties.get("hs_latest_source"), "source_detail": properties.get("hs_latest_source_data_1")}
    for visit, time in ((first, "hs_analytics_first_timestamp"), (latest, "hs_latest_source_timestamp")):
        if (occurred_at := moment(properties.get(time))) and visit["source"]:
            yield {"touch_id": f"{contact_id}:{occurred_at}", "contact_id": contact_id, "occurred_at": occurred_at, **visit}


def _host(url: str | None) -> str | None:
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or None if url else None
    except ValueError:
        return None


def moment(value: Any) -> str | None:
    """A time of HubSpot, as ISO text or as milliseconds since 1970, as raw tables hold it."""
    if value in (None, ""):
        return None
    if str(value).lstrip("-").isdigit():
        return stamp(datetime.fromtimestamp(int(value) / 1000, UTC))
    return stamp(value)

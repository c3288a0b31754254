"""A vendor's answer -> when it was given, and how long to wait before the next request."""

import json
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pipelines.exchange import Response

META = ("x-app-usage", "x-business-use-case-usage", "x-ad-account-usage")
USED_UP = 95  # per cent of a limit of Meta; at 100 the next request is refused, and then for an hour


def clock() -> datetime:
    """Our own clock, for servers that do not say when they answered."""
    return datetime.now(UTC)


def answered_at(response: Response) -> datetime:
    """The time of the answer: its Date header, else our own clock. UTC."""
    return _http_date(response.headers.get("date")) or clock()


def _http_date(text: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return when and (when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC))


def backoff(attempt: int) -> float:
    """Seconds: 1, 2, 4, ... up to a minute, each drawn from its upper half so that many clients do not come back together."""
    return min(60.0, 2.0**attempt) * random.uniform(0.5, 1.0)


def advised_wait(response: Response, attempt: int) -> float:
    """Seconds to wait after 429 or 5xx: Retry-After (seconds or a date), else the end of the rate window, else back-off."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if until := _http_date(text):
        return max(0.0, (until - answered_at(response)).total_seconds())
    if response.status_code == 429 and (wait := until_reset(response)):
        return wait
    return backoff(attempt)


def until_reset(response: Response) -> float:
    """Seconds until the rate window ends where nothing is left of it, else 0.

    Names in use: X-RateLimit-* (reset as a time: Mastodon), RateLimit-* and x-rate-limit-* (as epoch seconds: Bluesky, X;
    or as seconds to go), X-HubSpot-RateLimit-* (of an interval of so many milliseconds), and Meta's percentages.
    """
    headers = response.headers
    if any(name in headers for name in META):
        return _until_regained(headers)
    if headers.get("x-hubspot-ratelimit-remaining") == "0":
        return float(headers.get("x-hubspot-ratelimit-interval-milliseconds", 10_000)) / 1000
    for prefix in ("x-ratelimit-", "ratelimit-", "x-rate-limit-"):
        reset = headers.get(prefix + "reset", "")
        if headers.get(prefix + "remaining") != "0":
            continue
        if re.fullmatch(r"\d+(\.\d+)?", reset):
            seconds = float(reset)
            return seconds if seconds < 1e9 else max(0.0, seconds - answered_at(response).timestamp())
        try:
            return max(0.0, (datetime.fromisoformat(reset).astimezone(UTC) - answered_at(response)).total_seconds())
        except ValueError:
            continue
    return 0.0


def _until_regained(headers: Mapping[str, str]) -> float:
    """Meta tells per cent of each of its limits, and the minutes until access is regained once it is lost."""
    most, minutes = 0.0, 0.0
    for name in META:
        try:
            waiting = [json.loads(headers.get(name, "{}"))]
        except ValueError:
            continue
        while waiting:  # some are an object, some have lists of them by the id of a business
            told = waiting.pop()
            if isinstance(told, list):
                waiting += told
            elif isinstance(told, dict):
                waiting += [inner for inner in told.values() if isinstance(inner, (dict, list))]
                numbers = {key: value for key, value in told.items() if isinstance(value, (int, float))}
                minutes = max(minutes, numbers.pop("estimated_time_to_regain_access", 0))
                used = [numbers.get(key, 0) for key in ("call_count", "total_time", "total_cputime", "acc_id_util_pct")]
                most = max(most, *used)
    return minutes * 60 or (60.0 if most >= USED_UP else 0.0)

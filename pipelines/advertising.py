"""Advertising platforms -> what their loaders share: the table of figures, which days are read again, and sums that must agree.

Days are those of the ad account, money is in its currency. What a platform restates is read again in every run; spend is
a cost by itself (int_cost_days).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pipelines.raw import Extraction, RawTable
from pipelines.zones import zone_of

ACCOUNTS = RawTable(
    "ad_accounts", ("account_id",), {"account_id": "VARCHAR", "name": "VARCHAR", "currency": "VARCHAR", "time_zone": "VARCHAR"}, ()
)
INSIGHTS = RawTable(
    "insights",
    ("ad_id", "date"),
    {
        "ad_id": "VARCHAR",
        "date": "DATE",
        "account_id": "VARCHAR",
        "campaign_id": "VARCHAR",
        "currency": "VARCHAR",
        "impressions": "VARCHAR",
        "link_clicks": "VARCHAR",
        "spend": "VARCHAR",
        "claimed_conversions": "VARCHAR",
        "claimed_value": "VARCHAR",
        "claim_window": "VARCHAR",
    },
    ("ad_metrics",),
)
DAY, CENT = timedelta(days=1), Decimal("0.01")


def local_day(run: Extraction, source: str, account_id: str, zone: str, now: datetime) -> date:
    """The account's day at `now`; says so where its days are not those of UTC. SourceError where nobody knows the zone."""
    day = now.astimezone(zone_of(source, zone)).date()
    if zone not in ("UTC", "Etc/UTC"):
        run.warn(f"days of account {account_id} are those of {zone}, not of UTC; the platform gives no others")
    return day


def unread(state: dict[str, Any], oldest: date, today: date, restated: timedelta, length: timedelta) -> Iterator[tuple[date, date]]:
    """First and last day of each span to read: from where the last run left, less what may have been restated since, until today.

    The place in `state` moves on when all spans are done.
    """
    until = state.get("insights_until")
    first = max(date.fromisoformat(until) - restated, oldest) if until else oldest
    while first <= today:
        last = min(first + length - DAY, today)
        yield first, last
        first = last + DAY
    state["insights_until"] = today.isoformat()


def number(value: Any) -> str | None:
    """A number as raw tables hold it, all its digits; None where there is none. ValueError where it is something else."""
    if value is None:
        return None
    try:
        exact = Decimal(str(value)) if not isinstance(value, bool) else Decimal("nan")
    except InvalidOperation:
        exact = Decimal("nan")
    if not exact.is_finite():
        raise ValueError("not a number")
    return format(exact, "f")


def compare(run: Extraction, title: str, currency: str, span: tuple[date, date], told: str | None, spent: Decimal) -> None:
    """Warn where the ads of a span do not add up to what the platform says was spent; None where it says nothing."""
    if told is not None and abs(spent - Decimal(told)) > CENT:
        first, last = span
        run.warn(f"from {first} to {last} {title} says {Decimal(told):.2f} {currency} were spent, and its ads add up to {spent:.2f}")

"""Advertising platforms -> what their loaders share: the table of figures, which days are read again, sums that must agree, and what was withdrawn.

Days are those of the ad account, money is in its currency. What a platform restates is read again in every run; spend is
a cost by itself (int_cost_days).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pipelines.known import known_rows
from pipelines.raw import Extraction, RawTable, literals
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
MEASURES = ("impressions", "link_clicks", "spend", "claimed_conversions", "claimed_value")
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


class Span:
    """Days whose figures are read whole: what is stored of them and no longer listed was withdrawn, and stands at nothing."""

    def __init__(self, run: Extraction, account_id: str, first: date, last: date) -> None:
        self.run, self.account_id, self.first, self.last = run, account_id, first, last
        self._spent: dict[tuple[str, str], Decimal] = {}  # by ad and day: a row may come twice

    @property
    def spent(self) -> Decimal:
        return sum(self._spent.values(), Decimal(0))

    def write(self, rows: Sequence[Mapping[str, Any]], at: datetime) -> None:
        self.run.write("insights", rows, at)
        self._spent |= {(row["ad_id"], row["date"]): Decimal(row["spend"] or 0) for row in rows}

    def close(self, title: str, currency: str, told: str | None, at: datetime, is_whole: bool = True) -> None:
        """After all pages. `told` is what the platform says was spent in all (None: it does not say).

        Warns where its ads do not add up to that; then, or where not all could be read, nothing counts as withdrawn.
        """
        if told is not None and abs(self.spent - Decimal(told)) > CENT:
            self.run.warn(
                f"from {self.first} to {self.last} {title} says {Decimal(told):.2f} {currency} were spent, and its ads add up to {self.spent:.2f}"
            )
        elif is_whole:
            self.run.write("insights", list(self._withdrawn()), at)

    def _withdrawn(self) -> Iterator[dict[str, Any]]:
        """Platforms list no ad on a day without figures: a row of 0 replaces the last ones. What was never given stays NULL."""
        where = f"account_id = {literals([self.account_id])} and date between date '{self.first}' and date '{self.last}'"
        for row in known_rows(self.run, "insights", INSIGHTS.columns, where):
            row["date"] = row["date"].isoformat()
            last = {name: row[name] for name in MEASURES if row[name] is not None}
            if (row["ad_id"], row["date"]) not in self._spent and any(map(Decimal, last.values())):
                yield row | dict.fromkeys(last, "0")

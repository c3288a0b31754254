"""Matomo -> visits of the web site, by what brought them and by whom, as its Live API answers them.

Keys: visits by their number; visitors and users become keys before anything is stored. A visit belongs to the day of its
last action. The last days are read in every run, and so is every day of the last five weeks of which Matomo counts another
number of visits than is stored (a log that was imported late, a person who was deleted); a visit that a whole listing of its
day no longer holds is gone. The token goes in the body, never in an address.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from pipelines.http import Answer, Client, Pages, SourceError, expect, stamp, understood
from pipelines.raw import Extraction, RawTable, Setting, Source, literals
from pipelines.visits import MATOMO_VISITS, visits
from pipelines.zones import zone_of

NAME = "matomo"
PAGE = 500
DAY = timedelta(days=1)
OPEN = timedelta(days=3)  # days back in which a visit may still go on or come late: a tracker may be offline
COMPARED = timedelta(days=35)
ASKED = (*sorted(MATOMO_VISITS.needed), *MATOMO_VISITS.optional)  # all that is kept of a visit while it is read

SITES = RawTable("sites", ("instance", "site_id"), {"instance": "VARCHAR", "site_id": "VARCHAR", "time_zone": "VARCHAR"}, ())
VISITS = RawTable(
    "visits",
    ("instance", "visit_id"),
    {
        "instance": "VARCHAR",
        "visit_id": "VARCHAR",
        "site_id": "VARCHAR",
        "day": "DATE",
        "occurred_at": "TIMESTAMP",
        "visitor_key": "VARCHAR",
        "user_key": "VARCHAR",
        "utm_source": "VARCHAR",
        "utm_medium": "VARCHAR",
        "utm_campaign": "VARCHAR",
        "referrer": "VARCHAR",
        "is_deleted": "BOOLEAN",
    },
    ("touches",),
    holds_persons=True,
)


class Site:
    """One web site of a Matomo."""

    def __init__(self, run: Extraction, client: Client, id_: str) -> None:
        self.run, self.client, self.id = run, client, id_
        self.instance = urlsplit(run.settings["base_url"]).hostname or ""
        answer = self._ask("SitesManager.getSiteFromId")
        about = expect(answer, NAME, "SitesManager.getSiteFromId", kind=dict)
        self.made_on, self.zone = date.fromisoformat(about["ts_created"][:10]), zone_of(NAME, about["timezone"])
        self.today = answer.answered_at.astimezone(self.zone).date()
        run.write("sites", [{"instance": self.instance, "site_id": id_, "time_zone": about["timezone"]}], answer.answered_at)

    def read(self) -> int:
        """Every day that may hold something new; how many visits Matomo counts since the first one that was ever read."""
        place = self.run.state.setdefault("sites", {}).setdefault(self.id, {})
        first = date.fromisoformat(place["first"]) if place else self._first()
        told = self._counts(first)
        since = date.fromisoformat(place["until"]) - OPEN if place else first
        for day in self._days(first, since, told):
            self._day(day, told.get(day))
        place |= {"first": first.isoformat(), "until": self.today.isoformat()}
        return sum(told.values())

    def _first(self) -> date:
        given = self.run.settings.get("start_date")
        return max(date.fromisoformat(given), self.made_on) if given else self.made_on

    def _counts(self, first: date) -> dict[date, int]:
        """Matomo's own number of visits by day."""
        method = "VisitsSummary.getVisits"
        answer = self._ask(method, period="day", date=f"{first},{self.today}")
        counts = expect(answer, NAME, method, kind=dict)
        if first == self.today:
            return {first: int(counts["value"])}
        return {date.fromisoformat(day): int(count or 0) for day, count in counts.items()}

    def _days(self, first: date, since: date, told: Mapping[date, int]) -> list[date]:
        stored = dict(
            self.run.stored(
                f"select day, count(*) from visits where site_id = {literals([self.id])} and instance = {literals([self.instance])} "
                "and is_deleted is distinct from true group by day"
            )
        )
        others = (day for day, count in told.items() if day > self.today - COMPARED and stored.get(day, 0) != count)
        late = {day for day in others if day < since}
        span = max(first, since)
        return sorted(late | {span + DAY * number for number in range((self.today - span).days + 1)})

    def _day(self, day: date, told: int | None) -> None:
        """The visits of a day, oldest last action first, each page from behind the last visit of the page before."""
        pages, seen, of_day = Pages(NAME, "Live.getLastVisitsDetails", "last visit"), dict[str, int](), set[str]()
        asked: dict[str, str] = {}
        while True:
            answer = self._ask("Live.getLastVisitsDetails", period="day", date=day.isoformat(), filter_limit=str(PAGE), **asked)
            page = expect(answer, NAME, "Live.getLastVisitsDetails")
            if not page:
                break
            self.run.write("visits", self._rows(page), answer.answered_at)
            seen |= {str(visit["idVisit"]): int(visit["lastActionTimestamp"]) for visit in page}
            of_day |= {str(visit["idVisit"]) for visit in page if self._day_of(visit) == day}  # of today, Matomo shows yesterday's as well
            last = max(seen.values())
            known = sum(at == last for at in seen.values())  # those of the very second of the last one are passed over
            pages.follow((last, known))
            asked = {"minTimestamp": str(last - 1), "filter_offset": str(known)}
        if told is not None and len(of_day) >= told:  # a listing that lacks some must delete none
            self.run.write("visits", self._gone(day, of_day), answer.answered_at)

    def _day_of(self, visit: Mapping[str, Any]) -> date:
        return datetime.fromtimestamp(int(visit["lastActionTimestamp"]), self.zone).date()

    def _gone(self, day: date, seen: set[str]) -> Iterator[dict[str, Any]]:
        where = f"instance = {literals([self.instance])} and site_id = {literals([self.id])} and day = date '{day}'"
        for (visit_id,) in self.run.stored(f"select visit_id from visits where {where} and is_deleted is distinct from true"):
            if visit_id not in seen:
                yield {"instance": self.instance, "visit_id": visit_id, "site_id": self.id, "day": day.isoformat(), "is_deleted": True}

    def _ask(self, method: str, **asked: str) -> Answer:
        query = {"module": "API", "method": method, "idSite": self.id, "format": "JSON", "filter_sort_order": "asc", **asked}
        path = "/index.php"
        answer = self.client.request("POST", path, params=query, form={"token_auth": self.run.settings["access_token"]})
        if isinstance(answer.body, dict) and answer.body.get("result") == "error":
            raise SourceError(
                f"{NAME}: {method} of site {self.id} was refused: set SOURCES__MATOMO__ACCESS_TOKEN to a token of a user with "
                "view access to the site, and SOURCES__MATOMO__SITE_ID to numbers of sites that there are"
            )
        return answer

    def _rows(self, page: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Visits as the file drop reads them out of an export; who it was is told by keys of our own."""
        columns = {name: pa.array([_text(visit.get(name)) for visit in page], pa.string()) for name in ASKED}
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.register("page", pa.table(columns))
            names = "touch_id, occurred_at, utm_source, utm_medium, utm_campaign, referrer"
            made = connection.execute(
                f"select {names} from ({visits(connection, MATOMO_VISITS, 'select *, row_number() over () as _record from page', ASKED)})"
            ).fetchall()
        touches = {touch_id.partition("|")[2]: values for touch_id, *values in made}
        rows = []
        for visit in page:
            id_, (occurred_at, *brought) = str(visit["idVisit"]), touches[str(visit["idVisit"])]
            day = self._day_of(visit).isoformat()
            row = {"instance": self.instance, "visit_id": id_, "site_id": self.id, "day": day, "is_deleted": False}
            row |= {"occurred_at": stamp(occurred_at), "visitor_key": self._visitor(visit), "user_key": self._user(visit)}
            rows.append(row | dict(zip(("utm_source", "utm_medium", "utm_campaign", "referrer"), brought, strict=True)))
        return rows

    def _visitor(self, visit: Mapping[str, Any]) -> str | None:
        return self.run.person_key(key=f"{NAME}|{visit['visitorId']}")

    def _user(self, visit: Mapping[str, Any]) -> str | None:
        """Whom the site itself told Matomo: an address, else the number that the company has for them."""
        user = str(visit.get("userId") or "")
        try:
            return self.run.person_key(email=user) if "@" in user else self.run.person_key(key=user)
        except ValueError:
            return self.run.person_key(key=user)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def extract(run: Extraction) -> None:
    with understood(NAME):
        client = Client(NAME, run.settings["base_url"])
        ids = run.settings["site_id"].replace(",", " ").split()
        run.reconcile("visits", sum(Site(run, client, id_).read() for id_ in ids))


SOURCE = Source(
    NAME,
    "Matomo",
    (SITES, VISITS),
    extract,
    (
        Setting("base_url", "Address of your Matomo.", is_required=True),
        Setting("site_id", "Number of the site, or of several with commas between them.", is_required=True),
        Setting("access_token", "token_auth of a user with view access to the sites.", is_secret=True, is_required=True),
        Setting("start_date", "First day to read, like 2026-01-01; the day that the site was made where none is given."),
    ),
)

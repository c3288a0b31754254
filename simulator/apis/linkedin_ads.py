"""World -> LinkedIn's Marketing API: our ad account, its campaigns in groups by tokens, and figures of ads by day, which are restated."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from simulator.apis.restli import listed, paging, query_of, route
from simulator.apis.wire import number
from simulator.world import World

TOKEN = "demo-linkedin-ads-token"
ACCOUNT = "504000001"
TRIALS = 12  # campaigns that somebody tried out when the account was new: LinkedIn marks them as tests, and they cost nothing
DATE_RANGE = re.compile(r"\(start:\(year:(\d+),month:(\d+),day:(\d+)\),end:\(year:(\d+),month:(\d+),day:(\d+)\)\)")
FIGURES = {
    "impressions": "impressions",
    "landingPageClicks": "clicks",
    "costInLocalCurrency": "spend",
    "externalWebsiteConversions": "claimed_conversions",
    "conversionValueInLocalCurrency": "claimed_value",
}
NONE = {"oneClickLeads": 0}  # forms are not used


def routes(world: World) -> list[Route]:
    account = Account(world)
    return [
        route("/adAccounts/{id}", account.about, TOKEN),
        route("/adAccounts/{id}/adCampaigns", lambda request: account.page(request, account.campaigns), TOKEN),
        route("/adAccounts/{id}/adCampaignGroups", lambda request: account.page(request, account.groups), TOKEN),
        route("/adAnalytics", account.analytics, TOKEN),
    ]


class Account:
    """The ad account and what is in it."""

    def __init__(self, world: World) -> None:
        self.world, self.urn = world, f"urn:li:sponsoredAccount:{ACCOUNT}"
        self.made_at = _milliseconds(world.stage.start.astype(date))
        mine = world.campaigns[(world.campaigns["platform"] == "linkedin_ads") & (world.campaigns["starts_on"] <= world.now)]
        rows = mine.to_dict("records")
        self.groups = [{**self._listed(row), "id": int(row["campaign_id"] + "0")} for row in rows]
        self.campaigns = [self._trial(number) for number in range(TRIALS)] + [
            {**self._listed(row), "campaignGroup": f"urn:li:sponsoredCampaignGroup:{row['campaign_id']}0", "test": False} for row in rows
        ]
        ads = world.advertising[world.advertising["platform"] == "linkedin_ads"]
        self.ads = ads.assign(day=ads["date"].dt.date).sort_values(["day", "ad_id"], ignore_index=True)

    def about(self, request: Request) -> Any:
        self._mine(request)
        stamps = {"created": {"time": self.made_at}, "lastModified": {"time": self.made_at}}
        about = {"id": int(ACCOUNT), "name": "Fernway", "currency": "EUR", "status": "ACTIVE", "type": "BUSINESS", "test": False}
        return about | {"changeAuditStamps": stamps}

    def page(self, request: Request, every: list[dict[str, Any]]) -> Any:
        self._mine(request)
        query = query_of(request)
        if query.get("q") != "search":
            raise ValueError("q")
        start, size = int(query.get("pageToken", "token-0").partition("-")[2]), number(request, "pageSize", 100, 1000)
        following = {"nextPageToken": f"token-{start + size}"} if start + size < len(every) else {}
        return {"elements": every[start : start + size], "metadata": following}

    def analytics(self, request: Request) -> Any:
        query = query_of(request)
        span = DATE_RANGE.fullmatch(query.get("dateRange", ""))
        if query.get("q") != "statistics" or listed(query.get("accounts", "")) != [self.urn] or not span:
            raise ValueError("q, accounts and dateRange are needed")
        first, last = date(*map(int, span.groups()[:3])), date(*map(int, span.groups()[3:]))
        fields = query.get("fields", "").split(",")
        if unknown := set(fields) - {*FIGURES, *NONE, "dateRange", "pivotValues"}:
            raise ValueError(f"unknown fields {sorted(unknown)}")
        shown = self.ads[(self.ads["day"] >= first) & (self.ads["day"] <= last)]
        pivots, granularity = listed(query.get("pivots", "")), query.get("timeGranularity")
        if pivots == ["CREATIVE", "CAMPAIGN"] and granularity == "DAILY":
            found = [self._figures(fields, self._of_ad(row), row["day"], row["day"], row) for row in shown.to_dict("records")]
        elif pivots == ["ACCOUNT"] and granularity == "ALL":
            sums = shown[list(FIGURES.values())].sum().to_dict()
            found = [self._figures(fields, [self.urn], first, last, sums)] if len(shown) else []
        else:
            raise ValueError("only figures of ads by day and sums of the account are drawn")
        return {"elements": found, "paging": paging(0, 10, len(found), len(found))}  # it has no pages, whatever it says of them

    def _mine(self, request: Request) -> None:
        if request.path_params["id"] != ACCOUNT:
            raise KeyError

    def _listed(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        schedule = {"start": _milliseconds(row["starts_on"].date()), "end": _milliseconds(row["ends_on"].date() + timedelta(days=1)) - 1}
        budget = {"amount": f"{row['budget']:.2f}", "currencyCode": "EUR"}
        about = {"id": int(row["campaign_id"]), "name": row["name"], "account": self.urn, "status": "ACTIVE"}
        return about | {"totalBudget": budget, "runSchedule": schedule}

    def _trial(self, number: int) -> dict[str, Any]:
        about = {"id": 6010000 + number, "name": f"trial {number + 1}", "account": self.urn, "status": "ARCHIVED", "test": True}
        return about | {"campaignGroup": f"urn:li:sponsoredCampaignGroup:{6010000 + TRIALS}"}

    @staticmethod
    def _of_ad(row: Mapping[Any, Any]) -> list[str]:
        return [f"urn:li:sponsoredCreative:{row['ad_id']}", f"urn:li:sponsoredCampaign:{row['campaign_id']}"]

    @staticmethod
    def _figures(fields: list[str], pivots: list[str], first: date, last: date, row: Mapping[Any, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"pivotValues": pivots, "dateRange": {"start": _day(first), "end": _day(last)}}
        found |= {name: NONE.get(name, 0) for name in fields if name in NONE}
        found |= {name: int(row[FIGURES[name]]) for name in fields if name in FIGURES and "LocalCurrency" not in name}
        return found | {name: f"{row[FIGURES[name]]:.2f}" for name in fields if name in FIGURES and "LocalCurrency" in name}


def _day(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _milliseconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000

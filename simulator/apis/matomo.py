"""World -> Matomo's reporting API: one address, the method in the query and the token in the body; visits by day, and their number."""

from datetime import date, timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import world_sales
from simulator.apis.wire import answer
from simulator.world import World

TOKEN = "demo0matomo0token0demo0matomo0to"
SITE = "1"
HOME = "https://fernway.example/"
LASTS = 240  # seconds from the first action of a visit to its last


class Fault(Exception):
    """An error as Matomo tells it, with 200."""


def routes(world: World) -> list[Route]:
    site = Site(world)

    async def endpoint(request: Request) -> Response:
        body = parse_qs((await request.body()).decode())
        query = dict(request.query_params)
        methods = {
            "SitesManager.getSiteFromId": site.about,
            "VisitsSummary.getVisits": site.counts,
            "Live.getLastVisitsDetails": site.visits,
        }
        try:
            if "token_auth" in query or body.get("token_auth") != [TOKEN]:
                raise Fault("Unable to authenticate with the provided token. It is either invalid or expired.")
            if query.get("idSite") != SITE:
                raise Fault("You can't access this resource as it requires 'view' access for the website.")
            if query.get("module") != "API" or query.get("format") != "JSON" or query.get("method") not in methods:
                raise Fault("The method is not available.")
            return answer(methods[query["method"]](query))
        except Fault as fault:
            return answer({"result": "error", "message": str(fault)})

    return [Route("/index.php", endpoint, methods=["POST"])]


class Site:
    """The web site and its visits, oldest last action first; days are those of UTC."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.start = max(world.stage.start, world.stage.start + world.stage.history_days - world_sales.MATOMO_SHOWS_DAYS).astype(date)
        touches = world.touches
        told = world_sales.is_answered_campaign(touches, world.accounts)
        mine = touches[world_sales.is_in_matomo(world.stage, touches) & ~told]
        now = int(world.stage.clock.astype("datetime64[s]").astype(np.int64))
        first = mine["occurred_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
        mine = mine.assign(first=first, last=np.minimum(first + LASTS, now)).sort_values(["last", "touch_id"], ignore_index=True)
        self.times = mine["last"].to_numpy(copy=True)
        self.days = mine["last"].to_numpy().astype("datetime64[s]").astype("datetime64[D]")
        self.rows = mine.to_dict("records")

    def about(self, query: dict[str, str]) -> Any:
        about = {"idsite": SITE, "name": "Fernway", "main_url": HOME, "ts_created": f"{self.start} 00:00:00"}
        return about | {"timezone": "UTC", "currency": "USD", "type": "website"}

    def counts(self, query: dict[str, str]) -> Any:
        if query.get("period") != "day":
            raise Fault("only days are drawn")
        first, _, last = query["date"].partition(",")
        if first == last:
            return {"value": self._count(first)}
        days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
        return {str(day): self._count(str(day)) for day in (date.fromisoformat(first) + timedelta(days=n) for n in range(days))}

    def _count(self, day: str) -> int:
        return int((self.days == np.datetime64(day)).sum())

    def visits(self, query: dict[str, str]) -> Any:
        if query.get("period") != "day" or query.get("filter_sort_order") != "asc":
            raise Fault("only days, oldest first, are drawn")
        day = np.datetime64(query["date"])
        first = day - 1 if day == self.world.stage.clock.astype("datetime64[D]") else day  # of today, Matomo shows yesterday's as well
        chosen = np.flatnonzero((self.days >= first) & (self.days <= day) & (self.times > int(query.get("minTimestamp") or 0)))
        start, size = int(query.get("filter_offset") or 0), int(query.get("filter_limit") or 100)
        return [_visit(self.rows[row]) for row in chosen[start : start + size].tolist()]


def _visit(row: dict[Any, Any]) -> dict[str, Any]:
    number, email = int(row["touch_id"][1:], 16), row["person_email"]
    visit = {
        "idSite": SITE,
        "idVisit": number >> 16,
        "visitorId": sha1(email.encode()).hexdigest()[:16],
        "visitIp": "203.0.113.0",
        "userId": email if number % 10 < 7 else None,
        "firstActionTimestamp": row["first"],
        "lastActionTimestamp": row["last"],
        "serverTimestamp": row["last"],
        "referrerType": "direct",
        "referrerName": "",
        "referrerUrl": None if pd.isna(row["referrer"]) else row["referrer"],
        "actionDetails": [{"type": "action", "url": HOME, "pageTitle": "Fernway", "timestamp": row["first"]}],
    }
    if not pd.isna(row["utm_source"]):
        named = {"campaignSource": row["utm_source"], "campaignMedium": row["utm_medium"]}
        campaign = "" if pd.isna(row["utm_campaign"]) else row["utm_campaign"]
        return visit | named | {"campaignName": campaign, "referrerType": "campaign", "referrerName": campaign}
    if visit["referrerUrl"]:
        kind = "search" if "google" in visit["referrerUrl"] else "website"
        return visit | {"referrerType": kind, "referrerName": visit["referrerUrl"]}
    return visit

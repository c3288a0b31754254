"""World -> Google Ads' REST API: a manager account with ours below it, the GAQL that is asked, in pages and whole, and OAuth tokens."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.wire import answer, bearer
from simulator.world import World

MANAGER, CUSTOMER = "2170000001", "2170000002"
DEVELOPER = "demo-developer-token"
CREDENTIALS = {"client_id": "demo-google-app", "client_secret": "demo-google-secret", "refresh_token": "1//demo-google-refresh"}
TOKEN = "ya29.demo-google-ads"
PAGE = 25  # Google's own pages hold 10,000 rows
GAQL = re.compile(r"SELECT (.+?) FROM (\w+)(?: WHERE (.+))?", re.DOTALL)
DAYS = re.compile(r"segments\.date BETWEEN '(\S+)' AND '(\S+)'")
ENABLED = "customer_client.manager = FALSE AND customer_client.status = 'ENABLED'"


class Fault(Exception):
    """An error in the envelope of Google's APIs."""

    def __init__(self, status: int, name: str, kind: str, code: str) -> None:
        super().__init__(code)
        failure = {"@type": "type.googleapis.com/google.ads.googleads.v23.errors.GoogleAdsFailure"}
        failure |= {"errors": [{"errorCode": {kind: code}, "message": code}]}  # type: ignore[dict-item]
        self.status = status
        self.body = {"error": {"code": status, "message": code, "status": name, "details": [failure]}}


def routes(world: World) -> list[Route]:
    account = Account(world)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if form != {"grant_type": "refresh_token", **CREDENTIALS}:
            return answer({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, 400)
        return answer(
            {"access_token": TOKEN, "expires_in": 3599, "scope": "https://www.googleapis.com/auth/adwords", "token_type": "Bearer"}
        )

    async def ask(request: Request) -> Response:
        is_stream = request.path_params["how"] == "searchStream"
        try:
            if bearer(request) != TOKEN:
                raise Fault(401, "UNAUTHENTICATED", "authenticationError", "OAUTH_TOKEN_INVALID")
            if request.headers.get("developer-token") != DEVELOPER:
                raise Fault(403, "PERMISSION_DENIED", "authorizationError", "DEVELOPER_TOKEN_INVALID")
            customer = request.path_params["customer"]
            if customer not in (MANAGER, CUSTOMER) or request.headers.get("login-customer-id") != MANAGER:
                raise Fault(403, "PERMISSION_DENIED", "authorizationError", "USER_PERMISSION_DENIED")
            body = json.loads(await request.body())
            wanted, found = account.found(customer, body["query"])
        except Fault as fault:
            return answer([fault.body] if is_stream else fault.body, fault.status)
        mask = ",".join(_camel(name) for name in wanted)
        if is_stream:
            return answer([{"results": found, "fieldMask": mask, "requestId": "demo"}] if found else [])
        start = int(body.get("pageToken", "page0").removeprefix("page"))
        following = {"nextPageToken": f"page{start + PAGE}"} if start + PAGE < len(found) else {}
        return answer({"results": found[start : start + PAGE], "fieldMask": mask} | following)

    return [
        Route("/token", token, methods=["POST"]),
        Route("/v23/customers/{customer}/googleAds:{how}", ask, methods=["POST"]),
    ]


class Account:
    """What can be asked FROM, as rows of dotted names."""

    def __init__(self, world: World) -> None:
        mine = world.campaigns[(world.campaigns["platform"] == "google_ads") & (world.campaigns["starts_on"] <= world.now)]
        self.campaigns = [_campaign(row) for row in mine.to_dict("records")]
        ads = world.advertising[world.advertising["platform"] == "google_ads"]
        self.ads = ads.assign(day=ads["date"].astype(str)).sort_values(["day", "ad_id"], ignore_index=True)

    def found(self, customer: str, query: str) -> tuple[list[str], list[dict[str, Any]]]:
        """The fields that are wanted, and the rows, nested as JSON has them."""
        parts = GAQL.fullmatch(query)
        if not parts:
            raise Fault(400, "INVALID_ARGUMENT", "queryError", "UNEXPECTED_INPUT")
        wanted, rows = [name.strip() for name in parts[1].split(",")], list(self._rows(customer, parts[2], parts[3] or ""))
        for name in wanted:
            if rows and name not in rows[0]:
                raise Fault(400, "INVALID_ARGUMENT", "queryError", "UNRECOGNIZED_FIELD")
        return wanted, [_nested({name: row[name] for name in wanted if row[name] is not None}) for row in rows]

    def _rows(self, customer: str, resource: str, where: str) -> Iterator[dict[str, Any]]:
        if resource == "customer":
            is_manager = customer == MANAGER
            names = {
                "customer.id": customer,
                "customer.descriptive_name": "Fernway",
                "customer.currency_code": "USD" if is_manager else "GBP",
            }
            yield names | {"customer.time_zone": "Etc/UTC", "customer.manager": is_manager}
        elif resource == "customer_client" and where == ENABLED and customer == MANAGER:
            yield {"customer_client.id": CUSTOMER}
        elif resource in ("campaign", "ad_group_ad") and customer == MANAGER:
            raise Fault(400, "INVALID_ARGUMENT", "queryError", "REQUESTED_METRICS_FOR_MANAGER")
        elif resource == "campaign" and not where:
            yield from self.campaigns
        elif resource in ("campaign", "ad_group_ad") and (days := DAYS.fullmatch(where)):
            shown = self.ads[(self.ads["day"] >= days[1]) & (self.ads["day"] <= days[2])]
            if resource == "campaign":
                sums = ["impressions", "clicks", "spend", "claimed_conversions", "claimed_value"]
                shown = shown.groupby(["campaign_id", "day"], as_index=False)[sums].sum()
            yield from (_figures(row) for row in shown.to_dict("records"))
        else:
            raise Fault(400, "INVALID_ARGUMENT", "queryError", "EXPECTED_FILTERS_ON_DATE_RANGE")


def _campaign(row: Mapping[Any, Any]) -> dict[str, Any]:
    named = {"campaign.id": row["campaign_id"], "campaign.name": row["name"], "campaign.status": "ENABLED"}
    named |= {"campaign.advertising_channel_type": "SEARCH", "campaign_budget.total_amount_micros": str(int(row["budget"]) * 1_000_000)}
    times = {"start": f"{row['starts_on']:%Y-%m-%d} 00:00:00", "end": f"{row['ends_on']:%Y-%m-%d} 23:59:59"}
    return named | {f"campaign.{end}_date_time": time for end, time in times.items()}


def _figures(row: Mapping[Any, Any]) -> dict[str, Any]:
    group, _, ad = row.get("ad_id", "").partition("~")
    named = {"campaign.id": row["campaign_id"], "ad_group.id": group, "ad_group_ad.ad.id": ad, "segments.date": row["day"]}
    named |= {"metrics.impressions": str(row["impressions"]), "metrics.clicks": str(row["clicks"])}
    named |= {"metrics.cost_micros": str(round(row["spend"] * 100) * 10_000)}
    return named | {"metrics.conversions": row["claimed_conversions"], "metrics.conversions_value": row["claimed_value"]}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in row.items():
        *above, last = _camel(name).split(".")
        inner = made
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return made

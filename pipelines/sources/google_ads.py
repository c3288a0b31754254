"""Google Ads -> campaigns, and what each ad cost and brought by day, with the conversions that Google claims for itself.

Keys: campaigns by number, figures by ad (in its ad group) and day; what a campaign without ads of its own costs (Performance
Max) stands under the campaign. Days are those of the account's time zone, money is in its currency. Of a manager account all
its clients are read. Conversions count on the day of the click, by default up to 30 days after it, so that more days than
that are read again in every run. What is short comes whole (searchStream), figures of ads in pages (search).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

from pipelines.advertising import ACCOUNTS, INSIGHTS, MEASURES, Span, local_day, number, unread
from pipelines.authorization import OAuth
from pipelines.exchange import Response
from pipelines.http import Answer, Client, Pages, SourceError, expect, understood
from pipelines.raw import Extraction, RawTable, Setting, Source, literals

NAME = "google_ads"
SPAN, RESTATED = timedelta(days=92), timedelta(days=35)
KEPT = timedelta(days=36 * 30)  # figures by day are kept for about three years
OF_CAMPAIGN = "campaign~"  # instead of an ad's id
MICROS = Decimal(1_000_000)
CUSTOMER = "SELECT customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone, customer.manager FROM customer"
CLIENTS = "SELECT customer_client.id FROM customer_client WHERE customer_client.manager = FALSE AND customer_client.status = 'ENABLED'"
LISTED = (
    "SELECT campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type, campaign.start_date_time, "
    "campaign.end_date_time, campaign_budget.total_amount_micros FROM campaign"
)
FIGURES = "metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value"
DAYS = "segments.date BETWEEN '{}' AND '{}'"
OF_ADS = f"SELECT campaign.id, ad_group.id, ad_group_ad.ad.id, segments.date, {FIGURES} FROM ad_group_ad WHERE {DAYS}"
OF_CAMPAIGNS = f"SELECT campaign.id, segments.date, {FIGURES} FROM campaign WHERE {DAYS}"
CURES = {"USER_PERMISSION_DENIED": "LOGIN_CUSTOMER_ID to the manager account that the access comes by"}

CAMPAIGNS = RawTable(
    "campaigns",
    ("campaign_id",),
    {
        "campaign_id": "VARCHAR",
        "account_id": "VARCHAR",
        "currency": "VARCHAR",
        "name": "VARCHAR",
        "status": "VARCHAR",
        "channel_type": "VARCHAR",
        "start_time": "VARCHAR",
        "end_time": "VARCHAR",
        "total_budget": "VARCHAR",
    },
    ("campaigns",),
)


class Customer:
    """One account, as Google calls it."""

    def __init__(self, run: Extraction, client: Client, id_: str) -> None:
        self.run, self.client, self.id = run, client, id_
        (row,), self.answer = self._stream(CUSTOMER)
        self.about = row["customer"]

    def clients(self) -> list["Customer"]:
        """The accounts that a manager manages; any other is one itself."""
        if not self.about.get("manager"):
            return [self]
        rows, _ = self._stream(CLIENTS)
        if not rows:
            self.run.warn(f"the manager account {self.id} manages no account that is enabled")
        return [Customer(self.run, self.client, str(row["customerClient"]["id"])) for row in rows]

    def read(self) -> int:
        """Campaigns and figures; how many campaigns are listed."""
        at, zone, self.currency = self.answer.answered_at, self.about["timeZone"], self.about["currencyCode"]
        row = {"account_id": self.id, "name": self.about.get("descriptiveName"), "currency": self.currency, "time_zone": zone}
        self.run.write("ad_accounts", [row], at)
        rows, answer = self._stream(LISTED)
        self.run.write("campaigns", [self._campaign(row) for row in rows], answer.answered_at)
        today = local_day(self.run, NAME, self.id, zone, at)
        place = self.run.state.setdefault("customers", {}).setdefault(self.id, {})
        for span in unread(place, (at - KEPT).date(), today, RESTATED, SPAN):
            self._figures(*span)
        return len({row["campaign"]["id"] for row in rows})

    def _figures(self, first: date, last: date) -> None:
        found, answer = self._stream(OF_CAMPAIGNS.format(first, last))
        whole = [self._row(row, f"{OF_CAMPAIGN}{row['campaign']['id']}") for row in found]
        told = sum((Decimal(row["spend"] or 0) for row in whole), Decimal(0))
        span, with_ads = Span(self.run, self.id, first, last), set[tuple[str, str]]()
        for page in self._pages(OF_ADS.format(first, last)) if found else ():
            rows = [self._row(row, f"{row['adGroup']['id']}~{row['adGroupAd']['ad']['id']}") for row in page.body.get("results", [])]
            span.write(rows, page.answered_at)
            with_ads |= {(row["campaign_id"], row["date"]) for row in rows}
        alone = [row for row in whole if (row["campaign_id"], row["date"]) not in with_ads]
        span.write([*self._superseded(first, last, with_ads), *alone], answer.answered_at)
        span.close("Google", self.currency, format(told, "f"), answer.answered_at)

    def _superseded(self, first: date, last: date, with_ads: set[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Figures that stood under a campaign, whose ads have figures now: the same money must not stand twice."""
        stored = self.run.stored(
            f"select ad_id, date, campaign_id from insights where account_id in ({literals([self.id])}) "
            f"and ad_id like '{OF_CAMPAIGN}%' and date between date '{first}' and date '{last}'"
        )
        for ad_id, day, campaign_id in stored:
            if (campaign_id, day.isoformat()) in with_ads:
                none = dict.fromkeys(MEASURES, "0")
                yield (
                    {"ad_id": ad_id, "date": day.isoformat(), "account_id": self.id, "campaign_id": campaign_id}
                    | none
                    | {"currency": self.currency}
                )

    # Asking

    def _stream(self, query: str) -> tuple[list[Any], Answer]:
        answer = self._ask("searchStream", {"query": query})
        return [row for part in expect(answer, NAME, "searchStream") for row in part.get("results", [])], answer

    def _pages(self, query: str) -> Iterator[Answer]:
        pages, asked = Pages(NAME, "search", "pageToken"), {"query": query}
        while True:
            answer = self._ask("search", asked)
            expect(answer, NAME, "search", kind=dict)
            yield answer
            following = answer.body.get("nextPageToken")
            if not following:
                return
            pages.follow(following)
            asked = {"query": query, "pageToken": following}

    def _ask(self, how: str, asked: Mapping[str, str]) -> Answer:
        answer = self.client.post(f"/{self.run.settings['api_version']}/customers/{self.id}/googleAds:{how}", asked, allow=(403,))
        if answer.body is None:
            cure = CURES.get(answer.error, "DEVELOPER_TOKEN to one that is approved for it, or the refresh token to one of a user who may")
            raise SourceError(
                f"{NAME}: account {self.id} may not be read ({answer.error or answer.status}): set SOURCES__{NAME.upper()}__{cure}"
            )
        return answer

    # Writing

    def _campaign(self, row: Mapping[str, Any]) -> dict[str, Any]:
        about = row["campaign"]
        return {
            "campaign_id": str(about["id"]),
            "account_id": self.id,
            "currency": self.currency,
            "name": about.get("name"),
            "status": about.get("status"),
            "channel_type": about.get("advertisingChannelType"),
            "start_time": about.get("startDateTime"),
            "end_time": about.get("endDateTime"),
            "total_budget": _units(row.get("campaignBudget", {}).get("totalAmountMicros")),
        }

    def _row(self, row: Mapping[str, Any], ad_id: str) -> dict[str, Any]:
        metrics = row["metrics"]
        return {
            "ad_id": ad_id,
            "date": row["segments"]["date"],
            "account_id": self.id,
            "campaign_id": str(row["campaign"]["id"]),
            "currency": self.currency,
            "impressions": number(metrics.get("impressions")),
            "link_clicks": number(metrics.get("clicks")),
            "spend": _units(metrics.get("costMicros")),
            "claimed_conversions": number(metrics.get("conversions")),
            "claimed_value": number(metrics.get("conversionsValue")),
            "claim_window": "by_conversion",
        }


def _units(micros: Any) -> str | None:
    exact = number(micros)
    return format(Decimal(exact) / MICROS, "f") if exact is not None else None


def _fault(response: Response) -> dict[str, Any]:
    """The error of an answer; searchStream gives a list of them."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    body = body[0] if isinstance(body, list) and body else body
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def _named(response: Response) -> str:
    """Google Ads' own name of an error, else that of all of Google's APIs; both are fixed words."""
    fault = _fault(response)
    errors = [error for detail in fault.get("details", []) for error in detail.get("errors", [])]
    return next((str(name) for error in errors for name in error.get("errorCode", {}).values()), str(fault.get("status", "")))


def _busy(response: Response) -> float | None:
    """Where the quota is used up, Google says in the error how long to wait."""
    if response.status_code != 429:
        return None
    delays = [detail["retryDelay"] for detail in _fault(response).get("details", []) if "retryDelay" in detail]
    return float(delays[0].removesuffix("s")) if delays else None


def extract(run: Extraction) -> None:
    given = run.settings
    with understood(NAME):
        form = {"grant_type": "refresh_token", **{name: given[name] for name in ("client_id", "client_secret", "refresh_token")}}
        token_url = urljoin(given["base_url"].rstrip("/") + "/", given["token_url"])
        headers = {"developer-token": given["developer_token"]}
        if given.get("login_customer_id"):
            headers["login-customer-id"] = given["login_customer_id"].replace("-", "")
        authorization = OAuth(run, NAME, token_url, form, cure="refresh_token")
        client = Client(NAME, given["base_url"], authorization, headers=headers, named=_named, busy=_busy)
        listed = [customer.read() for customer in Customer(run, client, given["customer_id"].replace("-", "")).clients()]
        run.reconcile("campaigns", sum(listed))  # Google tells no total


SOURCE = Source(
    NAME,
    "Google Ads",
    (ACCOUNTS, CAMPAIGNS, INSIGHTS),
    extract,
    (
        Setting("base_url", "The API.", default="https://googleads.googleapis.com"),
        Setting(
            "token_url", "Where tokens are renewed: an address, or a path below base_url.", default="https://oauth2.googleapis.com/token"
        ),
        Setting("api_version", "Version of the API; Google retires one after about a year.", default="v23"),
        Setting("customer_id", "Number of the account; of a manager account all its clients are read.", is_required=True),
        Setting("login_customer_id", "Number of the manager account, where the access comes by one."),
        Setting("client_id", "Client id of an OAuth app of your Google Cloud project.", is_required=True),
        Setting("client_secret", "Client secret of the app.", is_secret=True, is_required=True),
        Setting("refresh_token", "Refresh token of a user, with the scope adwords.", is_secret=True, is_required=True),
        Setting("developer_token", "Developer token of a manager account (API Center).", is_secret=True, is_required=True),
    ),
)

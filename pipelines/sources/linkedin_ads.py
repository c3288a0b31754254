"""LinkedIn Ads -> campaigns, and what each ad cost and brought by day, with the conversions that LinkedIn claims for itself.

Keys: campaigns and their groups by number, figures by ad (a creative) and day. Days are those of UTC, money is in the
account's currency. Conversions count on the day of the ad that they are claimed for, by default up to 30 days later, so
that more days than that are read again in every run. Nothing of members is asked for.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from pipelines import restli
from pipelines.advertising import ACCOUNTS, DAY, INSIGHTS, Span, local_day, number, unread
from pipelines.http import Answer, Client, Pages, expect, stamp, understood
from pipelines.raw import Extraction, RawTable, Setting, Source

NAME = "linkedin_ads"
PAGE, SPAN = 500, timedelta(days=30)
RESTATED = timedelta(days=35)
KEPT = timedelta(days=10 * 365)
MOST = 15_000  # rows of one answer; LinkedIn leaves out what is beyond without a word
FIGURES = ("dateRange", "pivotValues", "impressions", "landingPageClicks", "costInLocalCurrency", "conversionValueInLocalCurrency")
WEBSITE = "externalWebsiteConversions"

CAMPAIGNS = RawTable(
    "campaigns",
    ("campaign_id",),
    {
        "campaign_id": "VARCHAR",
        "account_id": "VARCHAR",
        "group_id": "VARCHAR",
        "name": "VARCHAR",
        "status": "VARCHAR",
        "is_test": "BOOLEAN",
        "starts_at": "TIMESTAMP",
        "ends_at": "TIMESTAMP",
        "total_budget": "VARCHAR",
        "currency": "VARCHAR",
    },
    ("campaigns",),
)
GROUPS = RawTable(
    "campaign_groups",
    ("group_id",),
    {
        "group_id": "VARCHAR",
        "account_id": "VARCHAR",
        "name": "VARCHAR",
        "status": "VARCHAR",
        "starts_at": "TIMESTAMP",
        "ends_at": "TIMESTAMP",
        "total_budget": "VARCHAR",
        "currency": "VARCHAR",
    },
    (),
)


class Account:
    """One ad account."""

    def __init__(self, run: Extraction, client: Client) -> None:
        self.run, self.client = run, client
        self.id = run.settings["account_id"].rpartition(":")[2]
        self.conversion = run.settings["conversion"]
        self.path = f"/rest/adAccounts/{self.id}"
        answer = client.get(self.path)
        self.currency = expect(answer, NAME, "the account", "currency", str)
        self.made_on, self.now = restli.moment(answer.body["changeAuditStamps"]["created"]["time"]).date(), answer.answered_at
        row = {"account_id": self.id, "name": answer.body.get("name"), "currency": self.currency, "time_zone": "UTC"}
        run.write("ad_accounts", [row], self.now)

    def campaigns(self) -> None:
        for table, listing, key in (("campaign_groups", "adCampaignGroups", "group_id"), ("campaigns", "adCampaigns", "campaign_id")):
            listed: set[str] = set()
            for answer in self._pages(f"{self.path}/{listing}"):
                rows = [self._campaign(key, each) for each in answer.body["elements"]]
                self.run.write(table, rows, answer.answered_at)
                listed |= {row[key] for row in rows}
            self.run.reconcile(table, len(listed))  # LinkedIn tells no total

    def insights(self) -> None:
        today = local_day(self.run, NAME, self.id, "UTC", self.now)
        oldest = max(self.made_on, (self.now - KEPT).date())
        for days in unread(self.run.state, oldest, today, RESTATED, SPAN):
            span, is_whole = Span(self.run, self.id, *days), True
            for answer in self._whole(*days):
                rows = [self._row(figures) for figures in answer.body["elements"]]
                span.write(rows, answer.answered_at)
                is_whole = is_whole and len(rows) < MOST
            totals = self._figures(*days, pivots="ACCOUNT", granularity="ALL").body["elements"]
            told = number(totals[0].get("costInLocalCurrency")) if totals else None
            span.close("LinkedIn", self.currency, told, self.now, is_whole)

    def _whole(self, first: date, last: date) -> Iterator[Answer]:
        """Figures by ad and day; where an answer may have been cut off, each half of its days by itself."""
        answer = self._figures(first, last, pivots="CREATIVE,CAMPAIGN", granularity="DAILY")
        if len(answer.body["elements"]) < MOST:
            yield answer
        elif first < last:
            middle = first + (last - first) // 2
            yield from self._whole(first, middle)
            yield from self._whole(middle + DAY, last)
        else:
            yield answer
            self.run.warn(f"of {first} LinkedIn gives {MOST} ads and no more; the figures of the others are missing")

    def _figures(self, first: date, last: date, pivots: str, granularity: str) -> Answer:
        asked = ",".join(dict.fromkeys([*FIGURES, self.conversion]))
        days = ",".join(f"{end}:(year:{day.year},month:{day.month},day:{day.day})" for end, day in (("start", first), ("end", last)))
        accounts = restli.urn_list([f"urn:li:sponsoredAccount:{self.id}"])
        query = f"q=statistics&pivots=List({pivots})&timeGranularity={granularity}&dateRange=({days})&accounts={accounts}&fields={asked}"
        answer = self.client.get("/rest/adAnalytics", query.encode())
        expect(answer, NAME, "/rest/adAnalytics", "elements")
        return answer

    def _pages(self, path: str) -> Iterator[Answer]:
        pages, query = Pages(NAME, path, "pageToken"), f"q=search&pageSize={PAGE}"
        token = ""
        while True:
            answer = self.client.get(path, f"{query}{token}".encode())
            expect(answer, NAME, path, "elements")
            yield answer
            following = (answer.body.get("metadata") or {}).get("nextPageToken")
            if not following:
                return
            pages.follow(following)
            token = f"&pageToken={quote(following, safe='')}"

    def _campaign(self, key: str, each: Mapping[str, Any]) -> dict[str, Any]:
        budget, schedule = each.get("totalBudget") or {}, each.get("runSchedule") or {}
        row = {
            key: str(each["id"]),
            "account_id": self.id,
            "name": each.get("name"),
            "status": each.get("status"),
            "starts_at": _time(schedule.get("start")),
            "ends_at": _time(schedule.get("end")),
            "total_budget": number(budget.get("amount")),
            "currency": budget.get("currencyCode") or self.currency,
        }
        if key == "campaign_id":
            row |= {"group_id": _last(each.get("campaignGroup")), "is_test": each.get("test")}
        return row

    def _row(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        about = {urn.split(":")[2]: _last(urn) for urn in figures["pivotValues"]}
        start = figures["dateRange"]["start"]
        return {
            "ad_id": about["sponsoredCreative"],
            "date": date(start["year"], start["month"], start["day"]).isoformat(),
            "account_id": self.id,
            "campaign_id": about.get("sponsoredCampaign"),
            "currency": self.currency,
            "impressions": number(figures.get("impressions")),
            "link_clicks": number(figures.get("landingPageClicks")),
            "spend": number(figures.get("costInLocalCurrency")),
            "claimed_conversions": number(figures.get(self.conversion)),
            # LinkedIn puts a value on conversions of the web site only
            "claimed_value": number(figures.get("conversionValueInLocalCurrency")) if self.conversion == WEBSITE else None,
            "claim_window": "by_conversion",
        }


def _last(urn: str | None) -> str | None:
    return urn.rpartition(":")[2] if urn else None


def _time(milliseconds: int | None) -> str | None:
    return stamp(restli.moment(milliseconds)) if milliseconds else None


def extract(run: Extraction) -> None:
    with understood(NAME):
        account = Account(run, restli.client(run, NAME, restli.authorization(run, NAME)))
        account.campaigns()
        account.insights()


SOURCE = Source(
    NAME,
    "LinkedIn Ads",
    (ACCOUNTS, CAMPAIGNS, GROUPS, INSIGHTS),
    extract,
    (
        restli.BASE_URL,
        restli.TOKEN_URL,
        restli.VERSION,
        Setting("account_id", "Number of the ad account.", is_required=True),
        Setting(
            "access_token", "Token with the scopes r_ads and r_ads_reporting.", is_secret=True, is_required=True, unless="refresh_token"
        ),
        *restli.REFRESHING,
        Setting(
            "conversion",
            "LinkedIn's figure that counts as a conversion: externalWebsiteConversions, or oneClickLeads where leads come by forms.",
            default=WEBSITE,
        ),
    ),
)

"""Meta Ads -> campaigns, and what each ad cost and brought by day, with the conversions that Meta claims for itself.

Keys: campaigns by id, figures by ad and day. Days are those of the ad account's time zone, money is in its currency.
Meta restates figures for 28 days, so that these are read again in every run. Spend is a cost by itself (int_cost_days).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pipelines.advertising import ACCOUNTS, INSIGHTS, Span, local_day, number, unread
from pipelines.graph import APP_SECRET, BASE_URL, VERSION, Graph
from pipelines.http import Answer, expect, understood, utc
from pipelines.raw import Extraction, RawTable, Setting, Source

NAME = "meta_ads"
PAGE, SPAN = 500, timedelta(days=28)  # rows and days of one question: longer ones time out at Meta
RESTATED = timedelta(days=28)
KEPT = timedelta(days=36 * 30)  # Meta refuses what is more than 37 months ago
CAMPAIGN = ("name", "objective", "effective_status", "start_time", "stop_time", "lifetime_budget")
FIGURES = ("ad_id", "campaign_id", "account_currency", "impressions", "inline_link_clicks", "spend", "actions", "action_values")
WINDOWS = ("7d_click", "1d_view")
# Left out where nobody asks for them: ads that were deleted did cost money.
STATES = (
    "ACTIVE PAUSED DELETED PENDING_REVIEW DISAPPROVED PREAPPROVED PENDING_BILLING_INFO CAMPAIGN_PAUSED ARCHIVED ADSET_PAUSED IN_PROCESS"
)
ANY_STATE = json.dumps([{"field": "ad.effective_status", "operator": "IN", "value": [*STATES.split(), "WITH_ISSUES"]}])

CAMPAIGNS = RawTable(
    "campaigns",
    ("campaign_id",),
    {"campaign_id": "VARCHAR", "account_id": "VARCHAR", "currency": "VARCHAR", **dict.fromkeys(CAMPAIGN, "VARCHAR")},
    ("campaigns",),
)


class Account:
    """One ad account."""

    def __init__(self, run: Extraction, graph: Graph) -> None:
        self.run, self.graph = run, graph
        self.path = "act_" + run.settings["account_id"].removeprefix("act_")
        self.action = run.settings["conversion"]
        answer = graph.get(self.path, fields="account_id,name,currency,timezone_name,created_time")
        self.id, self.currency, zone = (
            expect(answer, NAME, "the account", name, str) for name in ("account_id", "currency", "timezone_name")
        )
        self.made_at, self.now = utc(answer.body["created_time"]), answer.answered_at
        self.today = local_day(run, NAME, self.id, zone, self.now)
        row = {"account_id": self.id, "name": answer.body.get("name"), "currency": self.currency, "time_zone": zone}
        run.write("ad_accounts", [row], self.now)

    def campaigns(self) -> None:
        told: int | None = None
        for answer in self.graph.pages(f"{self.path}/campaigns", PAGE, fields=f"id,{','.join(CAMPAIGN)}", summary="total_count"):
            told = (answer.body.get("summary") or {}).get("total_count", told)
            rows = [{name: each.get(name) for name in CAMPAIGN} | {"campaign_id": each["id"]} for each in answer.body["data"]]
            self.run.write("campaigns", [row | {"account_id": self.id, "currency": self.currency} for row in rows], answer.answered_at)
        if told is not None:
            self.run.reconcile("campaigns", told)

    def insights(self) -> None:
        oldest = max((self.now - KEPT).date(), self.made_at.date())
        for first, last in unread(self.run.state, oldest, self.today, RESTATED, SPAN):
            span, told = Span(self.run, self.id, first, last), None
            for answer in self._days(first, last):
                span.write([self._row(figures) for figures in answer.body["data"]], answer.answered_at)
                told = (answer.body.get("summary") or {}).get("spend", told)
            span.close("Meta", self.currency, number(told), self.now)

    def _days(self, first: date, last: date) -> Iterator[Answer]:
        asked: dict[str, Any] = {
            "level": "ad",
            "time_increment": 1,
            "fields": ",".join(FIGURES),
            "filtering": ANY_STATE,
            "summary": '["spend"]',
        }
        asked |= {"time_range": _range(first, last), "action_attribution_windows": json.dumps(WINDOWS)}
        return self.graph.pages(f"{self.path}/insights", PAGE, **asked)

    def _row(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "ad_id": figures["ad_id"],
            "date": figures["date_start"],
            "account_id": self.id,
            "campaign_id": figures.get("campaign_id"),
            "currency": figures.get("account_currency") or self.currency,
            "impressions": number(figures.get("impressions")),
            "link_clicks": number(figures.get("inline_link_clicks")),
            "spend": number(figures.get("spend")),
            "claimed_conversions": self._claimed(figures.get("actions")),
            "claimed_value": self._claimed(figures.get("action_values")),
            "claim_window": "_".join(WINDOWS),
        }

    def _claimed(self, actions: Sequence[Mapping[str, str]] | None) -> str | None:
        return next((number(action.get("value")) for action in actions or () if action["action_type"] == self.action), None)


def _range(first: date, last: date) -> str:
    return json.dumps({"since": first.isoformat(), "until": last.isoformat()})


def extract(run: Extraction) -> None:
    with understood(NAME):
        account = Account(run, Graph(run, NAME))
        account.campaigns()
        account.insights()


SOURCE = Source(
    NAME,
    "Meta Ads",
    (ACCOUNTS, CAMPAIGNS, INSIGHTS),
    extract,
    (
        BASE_URL,
        VERSION,
        Setting("account_id", "Number of the ad account, with or without act_.", is_required=True),
        Setting("access_token", "Token with ads_read.", is_secret=True, is_required=True),
        APP_SECRET,
        Setting(
            "conversion",
            "Meta's action that counts as a conversion, like omni_purchase, lead or offsite_conversion.fb_pixel_custom.",
            default="omni_purchase",
        ),
    ),
)

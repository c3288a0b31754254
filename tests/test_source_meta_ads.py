"""Meta Ads: spend to the cent, days that are restated for four weeks, and what Meta claims for itself."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from demo_company import advertised
from faults.layer import Layer
from faults.loading import Loading
from faults.meta_ads import ADAPTER

from pipelines.http import Client
from pipelines.sources.meta_ads import SOURCE


@pytest.fixture
def account(days: list[tuple[Layer, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loading:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    for layer, _ in days:
        layer.reset()
    return Loading(SOURCE, tmp_path, **ADAPTER.settings, base_url=days[0][1] + "meta_ads")


def stored(account: Loading) -> dict[tuple[str, Any], tuple[Decimal, float]]:
    rows = account.rows("insights", "ad_id, date, spend, claimed_conversions")
    return {(row["ad_id"], row["date"]): (Decimal(row["spend"]), float(row["claimed_conversions"] or 0)) for row in rows}


def test_spend_and_claims_are_the_platforms_and_four_weeks_are_read_again(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    before = stored(account)
    assert before == advertised("meta_ads", 0) and not account.warnings
    assert account.run.api_totals == {"campaigns": len(account.rows("campaigns"))}
    account.settings._values["SOURCES__META_ADS__BASE_URL"] = days[1][1] + "meta_ads"  # type: ignore[index]
    account.load()
    now = stored(account)
    assert now == advertised("meta_ads", 1)
    assert any(now[key] != before[key] for key in before), "nothing was restated"
    asked = [parse_qs(exchange.query) for exchange in days[1][0].exchanges if exchange.path.endswith("/insights")]
    spans = [json.loads(query["time_range"][0]) for query in asked if query["level"] == ["ad"]]
    assert min(span["since"] for span in spans) == "2026-06-02" and max(span["until"] for span in spans) == "2026-07-01"
    assert all("DELETED" in query["filtering"][0] for query in asked if query["level"] == ["ad"])


def test_ads_that_do_not_add_up_to_what_was_spent_are_told(account: Loading, days: list[tuple[Layer, str]]) -> None:
    def change(path: str, body: Any) -> Any:
        if path.endswith("/insights") and body["data"] and "ad_id" in body["data"][0]:
            body["data"].pop()
        return body

    days[0][0].change = change
    account.load()
    assert account.warnings and "and its ads add up to" in account.warnings[0]


def test_a_day_that_meta_withdraws_stands_at_nothing_and_only_where_the_sums_agree(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    before = stored(account)
    day = max(date for _, date in before)
    taken = {key for key in before if key[1] == day}
    spent = sum(before[key][0] for key in taken)
    account.state["insights_until"] = day.isoformat()

    def withdraw(path: str, body: Any, told: Decimal = spent) -> Any:
        if path.endswith("/insights") and body["data"] and "ad_id" in body["data"][0]:
            body["data"] = [row for row in body["data"] if row["date_start"] != day.isoformat()]
            body["summary"]["spend"] = str(Decimal(body["summary"]["spend"]) - told)
        return body

    assert spent > 0
    days[0][0].change = lambda path, body: withdraw(path, body, Decimal(0))  # Meta still says that it was spent: a fault of its listing
    account.load()
    assert stored(account) == before and "and its ads add up to" in account.warnings[0]
    days[0][0].change = withdraw
    account.load()
    now = stored(account)
    assert {key: now[key] for key in taken} == dict.fromkeys(taken, (Decimal(0), 0.0))
    assert {key: now[key] for key in now.keys() - taken} == {key: before[key] for key in before.keys() - taken}
    rows = account.content()["insights"]
    account.load()
    assert account.content()["insights"] == rows, "it is withdrawn once"


def test_another_conversion_and_another_zone(account: Loading, days: list[tuple[Layer, str]]) -> None:
    def change(path: str, body: Any) -> Any:
        return body | {"timezone_name": "Pacific/Kiritimati"} if "timezone_name" in body else body  # the day is over there at noon UTC

    days[0][0].change = change
    account.settings._values["SOURCES__META_ADS__CONVERSION"] = "lead"  # type: ignore[index]
    account.load()
    assert {row["claimed_conversions"] for row in account.rows("insights")} == {None}
    assert account.rows("ad_accounts", "time_zone") == [{"time_zone": "Pacific/Kiritimati"}]
    assert any("days of account" in warning for warning in account.warnings)
    assert account.state["insights_until"] == "2026-07-01"

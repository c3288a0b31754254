"""Google Ads: micros to the digit, the clients of a manager account, campaigns without ads, and errors in Google's words."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from demo_company import advertised
from faults.google_ads import ADAPTER
from faults.layer import Fault, Layer
from faults.loading import Loading

from pipelines.http import Client, NetworkError, SourceError
from pipelines.sources.google_ads import SOURCE


@pytest.fixture
def account(days: list[tuple[Layer, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loading:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    for layer, _ in days:
        layer.reset()
    return Loading(SOURCE, tmp_path, **ADAPTER.settings, base_url=days[0][1] + "google_ads")


def stored(account: Loading) -> dict[tuple[str, Any], tuple[Decimal, float]]:
    return {(row["ad_id"], row["date"]): (Decimal(row["spend"]), float(row["claimed_conversions"])) for row in account.rows("insights")}


def of_ads(body: Any) -> bool:
    return isinstance(body, dict) and any("adGroupAd" in row for row in body.get("results", []))


def test_micros_and_claims_of_a_managers_client_are_the_platforms(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    before = stored(account)
    assert before == advertised("google_ads", 0) and not account.warnings
    assert account.rows("ad_accounts", "account_id, currency, time_zone") == [
        {"account_id": "2170000002", "currency": "GBP", "time_zone": "Etc/UTC"}
    ]
    assert account.run.api_totals == {"campaigns": len(account.rows("campaigns"))} == {"campaigns": 1}
    asked = [exchange for exchange in days[0][0].exchanges if not exchange.path.endswith("/token")]
    assert {exchange.headers.get("login-customer-id") for exchange in asked} == {"2170000001"}
    assert {exchange.headers.get("developer-token") for exchange in asked} == {"demo-developer-token"}
    account.settings._values["SOURCES__GOOGLE_ADS__BASE_URL"] = days[1][1] + "google_ads"  # type: ignore[index]
    account.load()
    now = stored(account)
    assert now == advertised("google_ads", 1)
    assert any(now[key] != before[key] for key in before), "nothing was restated"


def test_a_campaign_without_ads_costs_what_it_costs_once(account: Loading, days: list[tuple[Layer, str]]) -> None:
    """Performance Max has no ads; should Google show some later, the campaign's own figures give way."""
    days[0][0].change = lambda path, body: body | {"results": []} if of_ads(body) else body
    account.load()
    rows = account.rows("insights")
    assert {row["ad_id"] for row in rows} == {f"campaign~{row['campaign_id']}" for row in rows}
    spent = sum(spend for spend, _ in advertised("google_ads", 0).values())
    assert sum(Decimal(row["spend"]) for row in rows) == spent and not account.warnings
    days[0][0].change = lambda path, body: body
    account.load()
    assert sum(spend for spend, _ in stored(account).values()) == spent
    assert {row["spend"] for row in account.rows("insights", "spend", "ad_id like 'campaign~%'")} == {"0"}


def test_figures_that_google_no_longer_lists_stand_at_nothing(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    before = stored(account)
    day = max(date for _, date in before)

    def withdraw(path: str, body: Any) -> Any:
        for part in body if isinstance(body, list) else [body]:
            if isinstance(part, dict) and "results" in part:
                part["results"] = [row for row in part["results"] if row.get("segments", {}).get("date") != day.isoformat()]
        return body

    days[0][0].change = withdraw
    account.load()
    now = stored(account)
    assert not account.warnings and any(before[key][0] for key in before if key[1] == day)
    assert now == {key: (Decimal(0), 0.0) if key[1] == day else figures for key, figures in before.items()}


def test_ads_that_do_not_add_up_to_their_campaign_are_told(account: Loading, days: list[tuple[Layer, str]]) -> None:
    days[0][0].change = lambda path, body: body | {"results": body["results"][1:]} if of_ads(body) else body
    account.load()
    assert account.warnings and "and its ads add up to" in account.warnings[0]


def test_another_zone_and_nothing_where_nothing_is_given(account: Loading, days: list[tuple[Layer, str]]) -> None:
    def change(path: str, body: Any) -> Any:
        text = json.dumps(body).replace("Etc/UTC", "Pacific/Kiritimati")  # the day is over there at noon UTC
        return json.loads(text.replace('"impressions": ', '"shown": '))

    days[0][0].change = change
    account.load()
    assert {row["impressions"] for row in account.rows("insights")} == {None}
    assert any("days of account" in warning for warning in account.warnings)
    assert account.state["customers"]["2170000002"]["insights_until"] == "2026-07-01"


def test_a_manager_of_nobody_is_told(account: Loading, days: list[tuple[Layer, str]]) -> None:
    days[0][0].change = lambda path, body: [] if "customerClient" in json.dumps(body) else body
    account.load()
    assert account.warnings == ["the manager account 2170000001 manages no account that is enabled"]
    assert not any(account.content().values())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LOGIN_CUSTOMER_ID", "1", "USER_PERMISSION_DENIED.*set SOURCES__GOOGLE_ADS__LOGIN_CUSTOMER_ID"),
        ("DEVELOPER_TOKEN", "wrong", "DEVELOPER_TOKEN_INVALID.*set SOURCES__GOOGLE_ADS__DEVELOPER_TOKEN"),
        ("REFRESH_TOKEN", "revoked", "set SOURCES__GOOGLE_ADS__REFRESH_TOKEN"),
        ("API_VERSION", "v1", "404"),
    ],
)
def test_what_is_set_wrong_is_named(account: Loading, name: str, value: str, said: str) -> None:
    account.settings._values[f"SOURCES__GOOGLE_ADS__{name}"] = value  # type: ignore[index]
    with pytest.raises(SourceError, match=said) as fault:
        account.load()
    assert "demo-" not in str(fault.value)


def test_a_used_up_quota_waits_as_long_as_google_says(
    account: Loading, days: list[tuple[Layer, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(waited.append))
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "30s"}
    exhausted = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [retry]}}
    days[0][0].faults = {3: Fault(429, exhausted), 5: Fault(429, [exhausted])}
    account.load()
    assert waited == [30.0, 30.0] and stored(account) == advertised("google_ads", 0)
    days[0][0].reset()
    retry["retryDelay"] = "40000s"
    days[0][0].faults = {3: Fault(429, exhausted)}
    with pytest.raises(NetworkError, match="longer than a run waits"):
        account.load()

"""LinkedIn Ads: costs in the account's currency, days that are restated, answers that are cut off, and tokens that are renewed."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from demo_company import world
from faults.layer import Fault, Layer, each_field
from faults.linkedin_ads import ADAPTER
from faults.loading import Loading

from pipelines.http import Client, SourceError
from pipelines.sources import linkedin_ads
from simulator.apis.linkedin_ads import DATE_RANGE, TRIALS


@pytest.fixture
def account(days: list[tuple[Layer, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loading:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    for layer, _ in days:
        layer.reset()
    return Loading(linkedin_ads.SOURCE, tmp_path, **ADAPTER.settings, base_url=days[0][1] + "linkedin_ads")


def setting(account: Loading, name: str, value: str) -> None:
    account.settings._values[f"SOURCES__LINKEDIN_ADS__{name}"] = value  # type: ignore[index]


def advertised(day: int) -> dict[tuple[str, Any], tuple[str, Decimal, float]]:
    ads = world(day).advertising
    mine = ads[ads["platform"] == "linkedin_ads"]
    rows = zip(mine["ad_id"], mine["date"].dt.date, mine["campaign_id"], mine["spend"], mine["claimed_conversions"], strict=True)
    return {(ad, date): (campaign, Decimal(f"{spend:.2f}"), claimed) for ad, date, campaign, spend, claimed in rows}


def stored(account: Loading) -> dict[tuple[str, Any], tuple[str, Decimal, float]]:
    rows = account.rows("insights")
    assert {row["currency"] for row in rows} == {"EUR"}
    return {(row["ad_id"], row["date"]): (row["campaign_id"], Decimal(row["spend"]), float(row["claimed_conversions"])) for row in rows}


def spans(layer: Layer) -> list[tuple[date, date]]:
    """First and last day of every question for figures of ads by day."""
    found = [DATE_RANGE.search(exchange.query) for exchange in layer.exchanges if "pivots=List(CREATIVE,CAMPAIGN)" in exchange.query]
    return [(date(*map(int, span.groups()[:3])), date(*map(int, span.groups()[3:]))) for span in found if span]


def test_costs_and_claims_are_the_platforms_and_five_weeks_are_read_again(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    before = stored(account)
    assert before == advertised(0) and not account.warnings
    campaigns = account.rows("campaigns")
    assert account.run.api_totals == {"campaigns": len(campaigns), "campaign_groups": 1}
    assert [row["is_test"] for row in campaigns].count(True) == TRIALS
    setting(account, "BASE_URL", days[1][1] + "linkedin_ads")
    account.load()
    now = stored(account)
    assert now == advertised(1)
    assert any(now[key] != before[key] for key in before), "nothing was restated"
    assert min(spans(days[1][0]))[0] == world(0).stage.start.astype(date), "the account is younger than five weeks"
    account.state["insights_until"] = "2026-07-20"
    days[1][0].exchanges.clear()
    account.load()
    assert spans(days[1][0])[0][0] == date(2026, 6, 15), "35 days before the place that the last load reached"


def test_ads_that_linkedin_no_longer_lists_stand_at_nothing(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    before = stored(account)
    day = max(date for _, date in before)
    taken = {key for key in before if key[1] == day}

    def withdraw(path: str, body: Any) -> Any:
        found = body.get("elements", []) if path.endswith("/adAnalytics") else []
        if any("pivotValues" in row and any("Creative" in urn for urn in row["pivotValues"]) for row in found):
            is_on = {"year": day.year, "month": day.month, "day": day.day}
            body["elements"] = [row for row in found if row["dateRange"]["start"] != is_on]
        elif found:
            span = [date(**found[0]["dateRange"][end]) for end in ("start", "end")]
            gone = sum(before[key][1] for key in taken) if span[0] <= day <= span[1] else 0
            found[0]["costInLocalCurrency"] = str(Decimal(found[0]["costInLocalCurrency"]) - gone)
        return body

    days[0][0].change = withdraw
    account.load()
    assert not account.warnings
    now = stored(account)
    assert {now[key][1:] for key in taken} == {(Decimal(0), 0.0)} and now.keys() == before.keys()
    assert {key: now[key] for key in now.keys() - taken} == {key: before[key] for key in before.keys() - taken}


def test_every_request_names_the_version(account: Loading, days: list[tuple[Layer, str]]) -> None:
    account.load()
    assert {exchange.headers.get("linkedin-version") for exchange in days[0][0].exchanges} == {"202606"}
    assert {exchange.headers.get("x-restli-protocol-version") for exchange in days[0][0].exchanges} == {"2.0.0"}


def test_an_answer_that_is_cut_off_is_asked_for_by_halves(
    account: Loading, days: list[tuple[Layer, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linkedin_ads, "MOST", 20)  # as if LinkedIn gave no more: seven days of three ads are too many

    def cut(path: str, body: Any) -> Any:
        return body | {"elements": body["elements"][:20]} if path.endswith("/adAnalytics") else body

    days[0][0].change = cut
    account.load()
    assert stored(account) == advertised(0) and not account.warnings
    assert max((last - first).days for first, last in spans(days[0][0])[-2:]) < 7
    monkeypatch.setattr(linkedin_ads, "MOST", 3)
    account.load(full_refresh=True)
    assert any("gives 3 ads and no more" in warning for warning in account.warnings)


def test_ads_that_do_not_add_up_to_what_was_spent_are_told(account: Loading, days: list[tuple[Layer, str]]) -> None:
    def change(path: str, body: Any) -> Any:
        if path.endswith("/adAnalytics") and len(body["elements"]) > 1:
            body["elements"].pop()
        return body

    days[0][0].change = change
    account.load()
    assert account.warnings and "and its ads add up to" in account.warnings[0]


def test_what_is_not_given_stays_empty_and_leads_may_count(account: Loading, days: list[tuple[Layer, str]]) -> None:
    days[0][0].change = lambda path, body: each_field(body, ("impressions", "landingPageClicks"), lambda value: None)
    setting(account, "CONVERSION", "oneClickLeads")
    account.load()
    rows = account.rows("insights", "distinct impressions, link_clicks, claimed_conversions, claimed_value")
    assert rows == [{"impressions": None, "link_clicks": None, "claimed_conversions": "0", "claimed_value": None}]


def test_a_refresh_token_gives_a_token_and_gives_it_again(account: Loading, days: list[tuple[Layer, str]], tmp_path: Path) -> None:
    from faults import Reply, serve

    with serve(lambda request: Reply({"access_token": ADAPTER.settings["access_token"], "expires_in": 5184000})) as server:
        settings = {"account_id": ADAPTER.settings["account_id"], "refresh_token": "r1", "client_id": "app", "client_secret": "hush"}
        base = {"base_url": days[0][1] + "linkedin_ads", "token_url": server.url + "/oauth/v2/accessToken"}
        loading = Loading(linkedin_ads.SOURCE, tmp_path / "refreshed", **settings, **base)
        days[0][0].on_page = ("/adAnalytics", ADAPTER.refusal)
        loading.load()
        assert stored(loading) == advertised(0)
        asked = [request.form for request in server.requests]
    form = {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "app", "client_secret": "hush"}
    assert asked == [form, form], "one at the start, one where it ran out"


def test_an_account_that_may_not_be_read_is_named(account: Loading, days: list[tuple[Layer, str]]) -> None:
    days[0][0].faults = {1: Fault(403, {"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions for Ada"})}
    with pytest.raises(SourceError, match=r"403 .ACCESS_DENIED.; the token may not read this") as fault:
        account.load()
    assert "Ada" not in str(fault.value)

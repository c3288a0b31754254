"""Rows of entities -> core marts: customers, roles, money and coverage come out as the model says."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt_warehouse import DbtWarehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> DbtWarehouse:
    return DbtWarehouse(tmp_path)


def test_a_booking_follows_merged_contacts_to_one_account(warehouse: DbtWarehouse) -> None:
    warehouse.insert(
        "contacts",
        {"contact_id": "1", "person_key": "ann", "merged_into": "2", "created_at": datetime(2026, 1, 1)},
        {"contact_id": "2", "person_key": "ann2", "merged_into": "3", "created_at": datetime(2026, 1, 2)},
        {"contact_id": "3", "person_key": "ann3", "account_id": "acme", "created_at": datetime(2026, 1, 3)},
        {"contact_id": "4", "person_key": "ann3", "account_id": "other", "created_at": datetime(2026, 3, 1)},
        # a circle must end, not hang
        {"contact_id": "5", "person_key": "eve", "merged_into": "6"},
        {"contact_id": "6", "person_key": "eve", "merged_into": "5"},
    )
    warehouse.insert(
        "revenue",
        *(
            {
                "revenue_id": f"{person} {month}",
                "person_key": person,
                "occurred_at": datetime(2026, month, 15),
                "amount": 10,
                "currency": "USD",
            }
            for person in ("ann", "ann3", "eve")
            for month in (2, 4)
        ),
    )
    warehouse.build("+core_revenue")
    found = dict(warehouse.rows("select revenue_id, customer_key from core.revenue"))
    assert found == {"ann 2": "acme", "ann 4": "acme", "ann3 2": "acme", "ann3 4": "other", "eve 2": "eve", "eve 4": "eve"}


def test_a_client_is_one_from_the_first_business_on(warehouse: DbtWarehouse) -> None:
    warehouse.insert(
        "accounts",
        {"account_id": "buyer", "role": "client"},
        {"account_id": "winner", "role": "prospect"},
        {"account_id": "talker", "role": "prospect"},
        {"account_id": "maker", "role": "supplier"},
        {"account_id": "blank"},
    )
    booking = {"currency": "USD", "occurred_at": datetime(2026, 3, 1)}
    warehouse.insert(
        "revenue",
        {**booking, "revenue_id": "1", "account_id": "buyer", "amount": 5},
        {**booking, "revenue_id": "2", "account_id": "maker", "amount": 5},
        {**booking, "revenue_id": "3", "account_id": "talker", "amount": -5, "kind": "credit"},
        {**booking, "revenue_id": "4", "person_key": "ann", "amount": 5},
    )
    warehouse.insert(
        "opportunities",
        {
            "opportunity_id": "1",
            "account_id": "winner",
            "created_at": datetime(2026, 1, 1),
            "stage": "Closed Won",
            "closed_at": datetime(2026, 2, 1),
        },
        {
            "opportunity_id": "2",
            "account_id": "talker",
            "created_at": datetime(2026, 1, 1),
            "stage": "closedlost",
            "closed_at": datetime(2026, 2, 1),
        },
    )
    warehouse.build("+int_customer_roles", "+core_accounts", "+core_opportunities")
    at = "select customer_key, role from intermediate.int_customer_roles where timestamp '{0}' >= valid_from and timestamp '{0}' < valid_to"
    before = {"buyer": "prospect", "winner": "prospect", "talker": "prospect", "maker": "supplier", "ann": "prospect"}
    assert dict(warehouse.rows(at.format("2026-01-15"))) == before
    assert dict(warehouse.rows(at.format("2026-04-15"))) == {**before, "buyer": "client", "winner": "client", "ann": "client"}
    assert ("buyer", datetime(2026, 3, 1)) in warehouse.rows("select account_id, client_since from core.accounts")
    assert dict(warehouse.rows("select opportunity_id, status from core.opportunities")) == {"1": "won", "2": "lost"}


def test_costs_keep_their_cents_over_months(warehouse: DbtWarehouse) -> None:
    period = {"period_start": date(2026, 1, 30), "period_end": date(2026, 3, 2), "currency": "USD", "kind": "tools"}
    warehouse.insert(
        "costs", *({**period, "cost_id": str(cents), "amount": Decimal(cents) / 100} for cents in (1, 7, 100, 99_999, -31, 12_345_678_901))
    )
    warehouse.insert("costs", {**period, "cost_id": "fine", "amount": Decimal("10.0051")})
    warehouse.build("+core_costs")
    wrong = warehouse.rows(
        """
        select cost_id from core.costs
        join (select cost_id, amount as whole from raw_files.costs) using (cost_id)
        group by cost_id, whole having sum(amount) <> whole or sum(amount_reporting) <> whole or sum(days) <> 32
        """
    )
    assert wrong == []
    assert warehouse.rows("select count(*), count(distinct date) from intermediate.int_cost_days where cost_id = '100'") == [(32, 32)]
    # no day of a cost is of the other sign, and none is a cent further from the mean than it must
    spread = warehouse.rows(
        "select max(amount) - min(amount), min(amount) >= 0 from intermediate.int_cost_days where cost_id in ('1', '7', '100', '99999') group by cost_id"
    )
    assert set(spread) == {(Decimal("0.0100"), True)}


def test_a_missing_rate_is_named_and_leaves_no_amount(warehouse: DbtWarehouse) -> None:
    warehouse.insert("exchange_rates", {"date": date(2026, 3, 1), "currency": "EUR", "rate_to_reporting": 1.1})
    booking = {"account_id": "a", "amount": 100}
    warehouse.insert(
        "revenue",
        {**booking, "revenue_id": "near", "currency": "EUR", "occurred_at": datetime(2026, 3, 8, 23)},
        {**booking, "revenue_id": "far", "currency": "EUR", "occurred_at": datetime(2026, 3, 9)},
        {**booking, "revenue_id": "home", "currency": "USD", "occurred_at": datetime(2026, 3, 9)},
    )
    warehouse.build("+core_revenue", "+int_missing_rates")
    amounts = dict(warehouse.rows("select revenue_id, amount_reporting from core.revenue"))
    assert amounts == {"near": Decimal("110.0000"), "far": None, "home": Decimal("100.0000")}
    result = warehouse.run("test", "--select", "no_missing_rate_int_missing_rates_")
    assert not result.success
    assert "EUR from 2026-03-09 to 2026-03-09 (revenue)" in result.result[0].message


def test_coverage_tells_what_is_given_and_why_a_mart_is_empty(warehouse: DbtWarehouse) -> None:
    warehouse.insert("posts", {"platform": "x", "profile_id": "us", "post_id": "1", "posted_at": datetime(2026, 3, 1)})
    warehouse.insert(
        "post_metrics",
        {"platform": "x", "post_id": "1", "observed_at": datetime(2026, 3, 1), "impressions": 5},
        {"platform": "x", "post_id": "1", "observed_at": datetime(2026, 3, 2), "impressions": 5, "likes": 1},
        {"platform": "x", "post_id": "gone", "observed_at": datetime(2026, 3, 2), "likes": 1},
    )
    warehouse.execute("insert into raw_goodwill.unknown_fields values ('files', 'posts', 'mood', timestamp '2026-03-01')")
    warehouse.build("+core_coverage")
    rows = {
        (entity, measure): rest
        for entity, measure, *rest in warehouse.rows("select entity, measure, state, given_rows, since, reason from core.coverage")
    }
    assert rows["post_metrics", "likes"] == ["given", 2, datetime(2026, 3, 2), None]
    assert rows["post_metrics", "saves"] == ["not_given", 0, None, "the rows of this source do not give it"]
    assert rows["surveys", "score"] == ["not_given", 0, None, "no row came from this source"]
    assert rows["posts", "mood"][0] == "unknown_field"
    assert rows["post_metrics", "without a post"][3] == "readings of posts that no source gives; they are in no mart"
    assert rows["core.experiments", "*"] == ["not_given", None, None, "nothing was given of: experiment_outcomes, experiments"]
    assert rows["core.post_days", "*"] == ["given", None, None, None]
    assert rows["core.subscription_months", "*"] == ["not_given", None, None, "nothing was given of: subscriptions"]


def test_employees_and_direct_messages_stay_inside(warehouse: DbtWarehouse) -> None:
    message = {"platform": "slack", "occurred_at": datetime(2026, 3, 1), "text": "secret"}
    warehouse.insert(
        "interactions",
        {**message, "interaction_id": "1", "kind": "message", "actor_key": "e", "thread_id": "t1"},
        {**message, "interaction_id": "2", "kind": "dm", "actor_key": "c", "thread_id": "t2", "audience": "clients"},
        {**message, "interaction_id": "3", "kind": "message", "actor_key": "c", "thread_id": "t3", "audience": "clients"},
    )
    warehouse.insert("people", {"person_key": "e"})
    warehouse.insert(
        "identity_links", {"person_key": "e", "platform": "slack", "actor_key": "u1", "method": "verified_email", "evidence": "hr"}
    )
    warehouse.build("+core_interactions", "+core_conversations", "+core_identity_links")
    assert warehouse.rows("select interaction_id from core.interactions") == [("3",)]
    assert warehouse.rows("select thread_id from core.conversations") == [("t3",)]
    assert warehouse.rows("select count(*) from core.identity_links") == [(0,)]
    restricted = warehouse.rows(
        "select distinct table_name from information_schema.columns where table_schema = 'core' and column_name = 'text'"
    )
    assert restricted == []


def test_a_denial_takes_links_and_touches_away(warehouse: DbtWarehouse) -> None:
    for person in ("said no", "said yes again", "erased", "never asked"):
        warehouse.insert(
            "identity_links", {"person_key": person, "platform": "x", "actor_key": f"x {person}", "method": "utm", "evidence": "e"}
        )
        warehouse.insert("touches", {"touch_id": person, "person_key": person, "occurred_at": datetime(2026, 3, 1)})
    for purpose in ("identity_join", "attribution"):
        said = {"purpose": purpose, "is_granted": False, "recorded_at": datetime(2026, 4, 1)}
        warehouse.insert(
            "consents",
            {**said, "person_key": "said no"},
            {**said, "person_key": "said no", "is_granted": True, "recorded_at": datetime(2026, 3, 1)},
            {**said, "person_key": "said yes again", "platform": None},
            {**said, "person_key": "said yes again", "is_granted": True, "recorded_at": datetime(2026, 5, 1)},
        )
    warehouse.insert("erasures", {"person_key": "erased", "requested_at": datetime(2026, 4, 1)})
    warehouse.build("+int_actor_persons", "+int_touch_channels")
    assert warehouse.rows("select person_key from intermediate.int_actor_persons") == [("said yes again",)]
    # the company recorded the visit itself: it counts until the person objects, unless the company wants it otherwise
    touches = "select touch_id from intermediate.int_touch_channels order by all"
    assert warehouse.rows(touches) == [("never asked",), ("said yes again",)]
    warehouse.variables = {"consent_default": dict.fromkeys(["identity_join", "attribution", "sentiment", "story_text", "survey"], "deny")}
    warehouse.build("int_touch_channels")
    assert warehouse.rows(touches) == [("said yes again",)]


def test_days_and_fiscal_periods_follow_the_companys_settings(warehouse: DbtWarehouse) -> None:
    warehouse.variables = {"reporting_time_zone": "America/New_York", "fiscal_year_starts_in_month": 10, "reporting_currency": "EUR"}
    warehouse.insert("posts", {"platform": "x", "profile_id": "us", "post_id": "1", "posted_at": datetime(2026, 3, 1, 3)})
    warehouse.insert("post_metrics", {"platform": "x", "post_id": "1", "observed_at": datetime(2026, 3, 1, 4), "likes": 3})
    warehouse.insert(
        "revenue", {"revenue_id": "1", "occurred_at": datetime(2026, 3, 1, 3), "amount": 5, "currency": "EUR", "account_id": "a"}
    )
    warehouse.build("+core_dates", "+core_post_days", "+core_revenue")
    assert warehouse.rows("select date, month from core.post_days") == [(date(2026, 2, 28), date(2026, 2, 1))]
    assert warehouse.rows("select date, amount_reporting from core.revenue") == [(date(2026, 2, 28), Decimal("5.0000"))]
    fiscal = "select fiscal_year, fiscal_quarter, fiscal_month from core.dates where date = '{}'"
    assert warehouse.rows(fiscal.format("2026-09-30")) == [(2026, 4, 12)]
    assert warehouse.rows(fiscal.format("2026-10-01")) == [(2027, 1, 1)]
    # another zone moves readings to other days: what was kept by the old one is built anew
    warehouse.variables = {}
    warehouse.build("+core_post_days")
    assert warehouse.rows("select date, month from core.post_days") == [(date(2026, 3, 1), date(2026, 3, 1))]

"""A company small enough to be worked out by hand, with what trips attribution up -> every figure of the ROI marts, straight from the models' SQL.

Touches of one second and after the sale, a refund two months later, two currencies, an account with two contacts, a cost that begins in
the middle of a month, a channel that costs nothing, deals, a sale still to come, and subscriptions that begin in the middle of a month,
pause, fall to 0 and come back.
"""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from calibration.product import Product
from pipelines.entities import entities

FILES = {
    "touches": """touch_id,person_key,occurred_at,channel
a1,ann,2026-01-05 00:00:00,social
a2,ann,2026-01-10 10:00:00,email
a3,ann,2026-01-10 10:00:00,search
a4,ann,2026-01-10 10:00:01,late
b1,bob,2026-02-01 00:00:00,social
c1,cat,2026-02-20 00:00:00,social
c2,dan,2026-02-25 00:00:00,email
e1,eve,2025-12-01 00:00:00,social
m1,moe,2026-02-01 00:00:00,social
d0,deb,2025-10-12 00:00:00,social
d1,deb,2026-01-05 00:00:00,email
d2,deb,2026-04-19 00:00:00,search
z1,zed,2026-05-01 00:00:00,direct
""",
    "accounts": "account_id\nacme\ndealco\nbeta\ngamma\ndelta\n",
    "contacts": """contact_id,account_id,person_key,created_at
k1,acme,cat,2026-02-10 00:00:00
k2,acme,dan,2026-02-24 00:00:00
k3,dealco,deb,2026-01-06 00:00:00
""",
    "opportunities": """opportunity_id,created_at,account_id,contact_id,is_won,closed_at,amount,currency
d1,2026-01-10 00:00:00,dealco,k3,true,2026-04-20 00:00:00,1000,USD
""",
    "revenue": """revenue_id,occurred_at,amount,currency,person_key,account_id,parent_revenue_id,order_id,kind,discount,tax,cost_of_goods,fees,fulfilment_cost
o1,2026-01-10 10:00:00,100,USD,ann,,,,order,10,8,30,3,5
o2,2026-02-05 12:00:00,200,EUR,bob,,,,order,,,50,,
o3,2026-03-01 12:00:00,60,USD,,acme,,,order,,,20,,
o4,2026-04-01 00:00:00,40,USD,eve,,,,order,,,0,,
o5,2026-05-03 00:00:00,9.99,USD,zed,,,,order,,,0,,
o6,2026-02-05 00:00:00,10.005,USD,moe,,,line,order,,,1,,
o7,2026-07-05 00:00:00,80,USD,fay,,,,order,,,0,,
r1,2026-03-20 00:00:00,-50,USD,ann,,o1,,refund,,,,,
r2,2026-03-21 00:00:00,-7,USD,gus,,,,refund,,,,,
r6,2026-03-05 00:00:00,-4,USD,,,,line,refund,,,,,
""",
    "exchange_rates": "date,currency,rate_to_reporting\n2026-02-01,EUR,1.2\n2026-05-05,EUR,1.5\n",
    "costs": """cost_id,period_start,period_end,kind,amount,currency,channel
k1,2026-01-16,2026-02-14,ad_spend,300,USD,social
k2,2026-01-01,2026-12-31,tools,365,USD,
k3,2026-01-01,2026-03-31,content,0,USD,email
k4,2026-05-06,2026-05-06,ad_spend,100,EUR,event
""",
    "campaigns": "campaign_id,channel\nspring,social\n",
    "ad_metrics": "platform,ad_id,date,campaign_id,currency,claimed_conversions\nmeta_ads,1,2026-02-19,spring,USD,6\nmeta_ads,2,2026-02-19,,USD,2\n",
    "subscriptions": """subscription_id,account_id,started_at,monthly_amount,currency,ended_at
s1,acme,2026-01-15 00:00:00,100,USD,
s2,beta,2026-01-01 00:00:00,80,USD,2026-03-10 00:00:00
s3,beta,2026-05-20 00:00:00,50,USD,
s4,gamma,2026-01-31 23:59:59,40,USD,2026-03-01 00:00:00
s5,gamma,2026-03-01 00:00:00,0,USD,2026-04-01 00:00:00
s6,gamma,2026-04-01 00:00:00,60,USD,
s7,delta,2026-02-10 00:00:00,30,USD,2026-02-20 00:00:00
""",
}
OWN = "model = 'linear' and lookback_rule = 'own'"


def company(files: dict[str, str]) -> Product:
    product = Product()
    for entity, text in files.items():
        rows = list(csv.DictReader(StringIO(text)))
        types = {column.name: column.type for column in entities()[entity].columns}
        given = pa.table({name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]})
        typed = duckdb.from_arrow(given).project(", ".join(f"cast({name} as {types[name]}) as {name}" for name in rows[0]))
        product.give(f"stg_files__{entity}", dict(typed.arrow().read_all().to_pydict()))
    return product


@pytest.fixture(scope="module")
def built() -> Product:
    return company(FILES)


def _rows(product: Product, model: str, sql: str) -> list[tuple[Any, ...]]:
    product.rows(model, "select 1 from {name} limit 1")
    return product.connection.execute(sql.format(name=model)).fetchall()


def test_credits(built: Product) -> None:
    rows = _rows(
        built,
        "roi_attribution_credits",
        f"select conversion_id, touch_id, booked_revenue, booked_margin, revenue, contribution_margin from {{name}} where {OWN} order by all",
    )
    assert [(row[0], row[1], *map(float_or_none, row[2:])) for row in rows] == [
        ("deal|d1", "d0", 333.33, None, 333.33, None),  # 90 days before the deal was created count
        ("deal|d1", "d1", 333.33, None, 333.33, None),
        ("deal|d1", "d2", 333.34, None, 333.34, None),
        ("order|line", "m1", 10.005, 9.005, 6.005, 5.005),  # the refund names its order alone
        # 100 - 10 - 8 - 30 - 3 - 5 = 44; no goods come back with the 50 of 90, but 4.44 of the tax do
        ("order|o1", "a1", 33.33, 14.66, 16.67, -0.52),
        ("order|o1", "a2", 33.33, 14.67, 16.66, -0.52),
        ("order|o1", "a3", 33.34, 14.67, 16.67, -0.52),
        ("order|o2", "b1", 240.0, 180.0, 240.0, 180.0),  # at 1.2
        ("order|o3", "c1", 30.0, 20.0, 30.0, 20.0),  # both contacts of the account
        ("order|o3", "c2", 30.0, 20.0, 30.0, 20.0),
        ("order|o4", None, 40.0, 40.0, 40.0, 40.0),  # 121 days before
        ("order|o5", "z1", 9.99, 9.99, 9.99, 9.99),
    ]


def float_or_none(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def test_w_shaped_milestones_of_the_deal(built: Product) -> None:
    sql = "select touch_id, credit::double from {name} where conversion_id = 'deal|d1' and model = 'w_shaped' and lookback_rule = 'own' order by 1"
    # first; contact and deal after the second; the last touch is no milestone
    assert _rows(built, "roi_attribution_credits", sql) == [("d0", 0.3), ("d1", 0.6), ("d2", 0.1)]


def test_channel_months(built: Product) -> None:
    rows = _rows(
        built,
        "roi_channel_months",
        f"select month, channel, conversions::double, revenue::double, contribution_margin::double, full_cost::double, attributed_roi, suppressed_reason from {{name}} "
        f"where {OWN} and basis = 'cash' and channel in ('social', 'email', 'event') and (conversions > 0 or revenue <> 0 or full_cost > 0) order by all",
    )
    few = "too few or too uneven customers (n_eff = {})"
    assert [(row[0].month, *row[1:]) for row in rows] == [
        (1, "email", 0.333333333333, 33.33, 14.67, 0.0, None, "the cost is zero"),
        (
            1,
            "social",
            0.333333333333,
            33.33,
            14.66,
            191.0,
            pytest.approx((14.66 - 191) / 191),
            few.format("1.0"),
        ),  # 16 of 30 days of 300, and 31
        (2, "social", 2.0, 250.005, 189.005, 168.0, pytest.approx((189.005 - 168) / 168), few.format("1.1")),
        (3, "email", 0.5, 13.33, 4.81, 0.0, None, "the cost is zero"),  # 30 - 16.67; 20 - 15.19
        (3, "social", 0.5, 9.34, 0.82, None, None, "no cost belongs to it"),  # 30 - 16.66 - 4; 20 - 15.18 - 4
        (4, "email", 0.333333333333, 333.33, None, None, None, "no cost belongs to it"),
        (4, "social", 0.333333333333, 333.33, None, None, None, "no cost belongs to it"),
        (
            5,
            "event",
            0.0,
            0.0,
            0.0,
            181.0,
            -1.0,
            few.format("0.0"),
        ),  # bought nothing, at 1.5; the month's tools go to where money was spent
    ]


def test_costs_stand_once(built: Product) -> None:
    sql = "select month, sum(amount)::double from {name} group by month order by month"
    months = [date(2026, month, 1) for month in range(1, 7)]
    assert _rows(built, "roi_channel_costs", sql) == list(zip(months, (191, 168, 31, 30, 181, 30), strict=True))


def test_campaigns_add_up(built: Product) -> None:
    sql = f"select campaign_id, conversions::double, revenue::double from {{name}} where {OWN} and basis = 'cash_cumulative' order by all"
    assert _rows(built, "roi_campaigns", sql) == [
        ("(direct)", 1, 9.99),
        ("(not set)", 5, 1356.005),
        ("(unattributed)", 1, 40),
        ("spring", 0, 0),
    ]


def test_what_platforms_claim_stands_beside_what_was_found(built: Product) -> None:
    sql = "select channel, conversions::double, claimed_conversions::double, claimed_ratio, claimed_evidence_grade, evidence_grade from {name} where month = '2026-03-01' order by 1"
    found = {row[0]: row[1:] for row in _rows(built, "roi_channel_summary", sql)}
    assert found["social"] == (pytest.approx(1 / 3 + 2 + 0.5), 6, pytest.approx(6 / (1 / 3 + 2.5)), "E", "D")
    assert found["paid_social"] == (0, 2, None, "E", "D")  # claimed alone
    assert found["email"] == (pytest.approx(1 / 3 + 0.5), None, None, None, "D")


def test_removal_effects(built: Product) -> None:
    """8 journeys: four convert through social, two each through e-mail and search; what nothing goes through has no share at all."""
    rows = _rows(built, "roi_markov_channels", "select channel, removal_effect, share from {name} where lookback_days = 30 order by 1")
    found = {row[0]: row[1:] for row in rows}
    assert found["late"] == (0, 0)
    assert sum(row[1] or 0 for row in found.values()) == pytest.approx(1)


def test_recurring_revenue(built: Product) -> None:
    rows = _rows(
        built, "roi_mrr_movements", "select account_id, month, mrr::double, category from {name} where category <> 'none' order by 1, 2"
    )
    assert [(row[0], row[1].month, *row[2:]) for row in rows] == [
        ("acme", 1, 100, "new"),
        ("beta", 1, 80, "new"),
        ("beta", 3, 0, "churn"),
        ("beta", 5, 50, "reactivation"),
        ("gamma", 1, 40, "new"),
        ("gamma", 3, 0, "churn"),
        ("gamma", 4, 60, "reactivation"),
    ]
    sql = "select month, nrr, grr, logo_churn from {name} where window_months = 3 and segment = 'all' order by 1"
    assert [(row[0].month, *row[1:]) for row in _rows(built, "roi_revenue_retention", sql)] == [
        (4, pytest.approx(160 / 220), pytest.approx(140 / 220), pytest.approx(1 / 3)),  # 100, 80, 40 -> 100, 0, 60
        (5, pytest.approx(210 / 220), pytest.approx(190 / 220), 0),  # -> 100, 50, 60
        (6, 1, 1, 0),
    ]


def test_cohorts(built: Product) -> None:
    """Companies are shown, cohorts of a few persons are not; a sale still to come is in no cohort."""
    rows = _rows(
        built,
        "roi_cohorts",
        "select cohort_month, month_number, customers, active, revenue::double from {name} where month_number = 0 order by all",
    )
    assert [(row[0].month, *row[1:]) for row in rows] == [
        (1, 0, None, None, None),
        (2, 0, None, None, None),
        (3, 0, 1, 1, 60),
        (4, 0, None, None, None),
        (5, 0, None, None, None),
    ]


def test_a_refund_is_that_of_its_customer_also_where_it_names_the_order_alone(built: Product) -> None:
    sql = (
        "select customer_key, contribution_margin_reporting::double from {name} where revenue_id in ('r1', 'r2', 'r6') order by revenue_id"
    )
    # nothing was sold to gus: what his goods cost is not known
    assert _rows(built, "int_revenue_resolved", sql) == [("ann", -45.56), ("gus", None), ("moe", -4)]


def test_a_company_that_is_all_direct() -> None:
    """Touches that say nothing of where they came from are direct, and take all the credit there is."""
    people = range(40)
    touches = "touch_id,person_key,occurred_at\n" + "".join(f"t{n},p{n},2026-03-0{1 + n % 9} 00:00:00\n" for n in people)
    revenue = "revenue_id,occurred_at,amount,currency,person_key\n" + "".join(
        f"o{n},2026-03-1{n % 10} 00:00:00,10,USD,p{n}\n" for n in people
    )
    product = company({"touches": touches, "revenue": revenue})
    sql = f"select channel, sum(conversions)::double, sum(revenue)::double, min(suppressed_reason) from {{name}} where {OWN} and basis = 'cash' and conversions > 0 group by 1"
    assert _rows(product, "roi_channel_months", sql) == [("direct", 40, 400, "no cost belongs to it")]


def test_a_company_without_touches_at_all() -> None:
    revenue = "revenue_id,occurred_at,amount,currency,person_key\n" + "".join(
        f"o{n},2026-03-15 00:00:00,10,USD,p{n % 20}\n" for n in range(40)
    )
    product = company(
        {"revenue": revenue, "costs": "cost_id,period_start,period_end,kind,amount,currency\nk,2026-03-01,2026-03-31,staff,310,USD\n"}
    )
    sql = f"select channel, conversions::double, new_customers::double, revenue::double, contribution_margin from {{name}} where {OWN} and basis = 'cash' and revenue > 0"
    assert _rows(product, "roi_channel_months", sql) == [("unattributed", 40, 20, 400, None)]
    assert _rows(product, "roi_channel_costs", "select channel, amount::double, allocated_shared from {name}") == [("shared", 310, None)]

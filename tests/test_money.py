"""Bookings with refunds, discounts, tax and costs in two currencies -> core.revenue and roi.cohorts: nothing is lost, whatever the form."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.retention_worlds import insert_fast

MARTS = ("+core_revenue", "+roi_cohorts")
START = datetime(2026, 1, 4, 10)
TOTALS = """
select currency, sum(amount), sum(contribution_margin), sum(amount_reporting), sum(contribution_margin_reporting), count(*)
from core.revenue group by currency order by currency
"""


def bookings(seed: int = 2) -> list[dict]:
    """Orders of 60 customers with all that lessens them; a third are given back in part, a tenth whole, some refunds name their parent alone."""
    draw, rows = np.random.default_rng(seed), []
    for number in range(400):
        amount = Decimal(int(draw.integers(100, 100_000))) / 100
        sold = {"revenue_id": f"o{number}", "occurred_at": START + timedelta(days=number % 160), "amount": amount, "kind": "order"}
        less = {
            name: (amount / part).quantize(Decimal("0.01"))
            for name, part in (("discount", 20), ("tax", 7), ("cost_of_goods", 3), ("fees", 40))
        }
        rows.append({**sold, **less, "account_id": f"p{number % 60}", "parent_revenue_id": None, "currency": ("EUR", "USD")[number % 2]})
        chance = draw.random()
        if chance < 0.4:
            back = amount if chance < 0.1 else (amount / 3).quantize(Decimal("0.01"))
            given = {"revenue_id": f"r{number}", "occurred_at": sold["occurred_at"] + timedelta(days=5), "amount": -back, "kind": "refund"}
            named = f"p{number % 60}" if chance < 0.2 else None
            rows.append(
                {**given, **dict.fromkeys(less), "account_id": named, "parent_revenue_id": f"o{number}", "currency": rows[-1]["currency"]}
            )
    return rows


def rates() -> list[dict]:
    return [
        {"date": date(2026, 1, 1) + timedelta(days=7 * week), "currency": "EUR", "rate_to_reporting": Decimal("1.25")} for week in range(26)
    ]


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("money"))
    insert_fast(warehouse, "revenue", bookings())
    insert_fast(warehouse, "exchange_rates", rates())
    warehouse.build(*MARTS)
    return warehouse


def test_revenue_and_margin_are_conserved_to_the_cent(company: DbtWarehouse) -> None:
    rows = bookings()
    for currency, amount, margin, reporting, margin_reporting, count in company.rows(TOTALS):
        mine = [row for row in rows if row["currency"] == currency]
        less = sum((row[name] or Decimal(0)) for row in mine for name in ("discount", "tax", "cost_of_goods", "fees"))
        sales = {row["revenue_id"]: row for row in mine if row["kind"] == "order"}
        for row in mine:
            if row["kind"] == "refund":
                sale = sales[row["parent_revenue_id"]]
                part = min(Decimal(1), -row["amount"] / (sale["amount"] - sale["discount"]))
                less -= (sale["tax"] * part).quantize(Decimal("0.01"), ROUND_HALF_UP)
        rate = Decimal("1.25") if currency == "EUR" else Decimal(1)
        assert (amount, count) == (sum(row["amount"] for row in mine), len(mine))
        assert margin == amount - less
        assert (reporting, margin_reporting) == (amount * rate, margin * rate)


def test_a_refund_that_names_its_parent_alone_is_that_customers(company: DbtWarehouse) -> None:
    assert company.rows("select count(*) from core.revenue where customer_key is null") == [(0,)]
    total = company.rows("select sum(amount_reporting) from core.revenue")
    in_cohorts = company.rows("select sum(revenue) from roi.cohorts")
    gone = company.rows(
        "select coalesce(sum(amount_reporting), 0) from core.revenue where customer_key not in (select customer_key from intermediate.int_purchases)"
    )
    assert total[0][0] == in_cohorts[0][0] + gone[0][0]


def test_a_customer_who_gave_everything_back_did_not_buy(company: DbtWarehouse) -> None:
    rows = bookings()
    back: dict[str, Decimal] = {}
    for row in rows:
        if row["parent_revenue_id"]:
            back[row["parent_revenue_id"]] = row["amount"]
    kept = [row for row in rows if row["kind"] == "order" and row["amount"] + back.get(row["revenue_id"], 0) > 0]
    assert len(kept) < sum(row["kind"] == "order" for row in rows)
    active = {(row["account_id"], row["occurred_at"].replace(day=1).date()) for row in kept}
    assert company.rows("select sum(active) from roi.cohorts") == [(len(active),)]
    assert company.rows("select sum(customers) from roi.cohorts where month_number = 0") == [(60,)]


def test_order_a_split_and_another_unit_of_money_change_nothing(company: DbtWarehouse, tmp_path: Path) -> None:
    """The same bookings backwards, in two files; and every amount in a currency of which two are worth one of before."""
    money = ("amount", "discount", "tax", "cost_of_goods", "fees")
    rows = [{**row, **{name: row[name] and 2 * row[name] for name in money}} for row in bookings()[::-1]]
    warehouse = DbtWarehouse(tmp_path)
    insert_fast(warehouse, "revenue", [{**row, "currency": row["currency"].replace("USD", "XTS")} for row in rows[:100]])
    insert_fast(warehouse, "revenue", [{**row, "currency": row["currency"].replace("USD", "XTS")} for row in rows[100:]])
    insert_fast(warehouse, "exchange_rates", [{**row, "rate_to_reporting": row["rate_to_reporting"] / 2} for row in rates()])
    insert_fast(warehouse, "exchange_rates", [{**row, "currency": "XTS", "rate_to_reporting": Decimal("0.5")} for row in rates()])
    warehouse.build(*MARTS)
    cohorts = "select * from roi.cohorts order by all"
    assert warehouse.rows(cohorts) == company.rows(cohorts)
    worth = "select revenue_id, customer_key, amount_reporting, contribution_margin_reporting from core.revenue order by 1"
    for (*one, margin), (*other, other_margin) in zip(warehouse.rows(worth), company.rows(worth), strict=True):
        # the tax that a refund gives back is rounded to the cent
        assert one == other and abs(margin - other_margin) < Decimal("0.01")

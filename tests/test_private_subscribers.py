"""Who subscribes without belonging to a company: one person in revenue and contracts alike, and none in a published row."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_warehouse import DbtWarehouse
from retention_worlds import insert_fast

from pipelines.publish import publish, read_marts
from pipelines.settings import Settings

MODELS = ("core_accounts", "core_revenue", "core_subscription_months", "roi_mrr_movements", "roi_revenue_retention", "roi_retention_curves")
COMPANIES = 3
BEGAN, ENDED = datetime(2026, 2, 15), datetime(2026, 5, 15)  # the clock stands in June
LATEST = "from roi.revenue_retention where month = date '2026-06-01' and window_months = 3"
MRR = "select n, value, method from intermediate.int_measures_money where mart = 'roi.mrr_movements' and period_start >= '2026-04-01' order by period_start"


def key(number: int) -> str:
    return f"{number:064x}"


def _world(folder: Path, people: int) -> DbtWarehouse:
    """Companies and private customers who all pay 10 a month from February; the first of each left in May."""
    warehouse, subscriptions, contacts, revenue = DbtWarehouse(folder), [], [], []
    for number in range(COMPANIES + people):
        is_private = number >= COMPANIES
        customer = f"customer {number}" if is_private else f"company {number}"
        left = number in (0, COMPANIES)
        subscriptions.append(
            {"subscription_id": customer, "account_id": customer, "monthly_amount": 10, "currency": "USD"}
            | {"started_at": BEGAN, "ended_at": ENDED if left else None}
        )
        if is_private:
            contacts.append({"contact_id": customer, "person_key": key(number)})
            revenue.append(
                {
                    "revenue_id": customer,
                    "person_key": key(number),
                    "occurred_at": BEGAN,
                    "amount": 10,
                    "currency": "USD",
                    "kind": "invoice",
                }
            )
    insert_fast(warehouse, "subscriptions", subscriptions)
    insert_fast(warehouse, "contacts", contacts)
    insert_fast(warehouse, "revenue", revenue)
    warehouse.build(*(f"+{model}" for model in (*MODELS, "int_measures_money")))
    marts = [mart for mart in read_marts() if mart.tier == "published" and mart.table.replace(".", "_") in MODELS]
    publish(Settings(warehouse_path=warehouse.path, published_path=folder / "published.duckdb", inbox_path=folder), marts)
    return warehouse


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    return _world(tmp_path_factory.mktemp("nine"), 9)


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    return _world(tmp_path_factory.mktemp("ten"), 10)


def _published(warehouse: DbtWarehouse, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse.path.with_name("published.duckdb")), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_subscriber_is_the_person_who_pays(ten: DbtWarehouse) -> None:
    """Revenue knows the address, a contract knows the vendor's number: one customer, so that engagement and money meet."""
    (both,) = ten.rows("select count(distinct customer_key) from core.revenue join core.subscription_months using (customer_key)")
    assert both == (10,)
    assert ten.rows("select distinct role from intermediate.int_customer_roles where customer_key like '0%' and valid_to > now()") == [
        ("client",)
    ]


def test_rows_of_persons_stay_in_the_warehouse(ten: DbtWarehouse) -> None:
    assert ten.rows("select count(distinct customer_key), count(distinct account_id) from roi.mrr_movements") == [
        (COMPANIES + 10, COMPANIES)
    ]
    for mart in ("core.accounts", "roi.mrr_movements"):
        found = _published(ten, f"select distinct account_id from {mart} order by all")
        assert found == [(f"company {number}",) for number in range(COMPANIES)], mart
    assert _published(ten, "from core.revenue") == []


def test_fewer_than_ten_are_in_no_sum_of_companies(nine: DbtWarehouse) -> None:
    """Companies stand there by name, so that nine people would be what is left."""
    note = "; without fewer than 10 private customers"
    assert _published(nine, f"select n, start_mrr::int, logo_churn, method {LATEST}") == [(3, 30, pytest.approx(1 / 3), f"exact{note}")]
    assert nine.rows(MRR) == [(3, 30.0, f"exact{note}"), (2, 20.0, f"exact{note}"), (2, 20.0, f"exact{note}")]
    curve = _published(nine, "select max(at_risk), sum(events)::int, min(method) from roi.retention_curves")
    assert curve == [(3, 1, f"Kaplan-Meier, log-log limits; log-rank against all other accounts{note}")]


def test_ten_are_told_with_the_others(ten: DbtWarehouse) -> None:
    assert _published(ten, f"select n, start_mrr::int, logo_churn, method {LATEST}") == [(13, 130, pytest.approx(2 / 13), "exact")]
    few = "exact; without fewer than 10 private customers"
    assert ten.rows(MRR) == [(13, 130.0, "exact"), (2, 20.0, few), (2, 20.0, few)], "nine are left in May"
    assert _published(ten, "select max(at_risk), sum(events)::int from roi.retention_curves") == [(13, 2)]

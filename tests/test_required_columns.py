"""Files in the inbox with nothing but the columns an entity requires -> what the ROI marts can say of them, and why they say no more."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.entities import entities
from tests.dbt_warehouse import DbtWarehouse
from tests.file_drop import built_of

ORDERS = 60  # and as many touches, from January to May 2026, and subscriptions, from January to March


def csv(entity: str, rows: Iterable[tuple[Any, ...]]) -> str:
    """A file of the required columns in the order of the contract."""
    header = tuple(column.name for column in entities()[entity].columns if column.is_required)
    return "\n".join(",".join(map(str, row)) for row in (header, *rows)) + "\n"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    numbers = range(ORDERS)
    files = {
        "touches": csv("touches", ((f"t{n}", f"p{n % 20}", f"2026-0{1 + n % 5}-1{n % 9} 10:00:00") for n in numbers)),
        "revenue": csv("revenue", ((f"o{n}", f"2026-0{1 + n % 5}-2{n % 8} 10:00:00", 10 + n % 3, "USD") for n in numbers)),
        "costs": csv("costs", [("c1", "2026-01-01", "2026-05-31", "ad_spend", 302, "USD")]),
        "subscriptions": csv("subscriptions", ((f"s{n}", f"a{n}", f"2026-0{1 + n % 3}-05 00:00:00", 100, "USD") for n in numbers)),
    }
    home: Path = tmp_path_factory.mktemp("required")
    return built_of({f"{name}/{name}.csv": text for name, text in files.items()}, home, "+path:models/marts/roi")


def test_orders_of_nobody_are_credited_to_nothing_and_all_stay(warehouse: DbtWarehouse) -> None:
    """12 a month for five months; 20 each of 10, 11 and 12 dollars."""
    rows = warehouse.rows("""
        select channel, conversions, revenue, attributed_roi, evidence_grade, suppressed_reason from roi.campaigns
        where model = 'linear' and lookback_rule = 'own' and basis = 'cash_cumulative' and conversions > 0
    """)
    assert [row[0] for row in rows] == ["unattributed"]
    assert (rows[0][1], rows[0][2]) == (60, Decimal(660))
    assert rows[0][3:] == (None, "D", "no cost belongs to it")


def test_touches_that_say_nothing_of_where_they_came_from_are_direct(warehouse: DbtWarehouse) -> None:
    found = warehouse.rows("select distinct channel, suppressed_reason from roi.markov_channels where lookback_days = 90 order by channel")
    assert found == [("direct", "no journey converted"), ("unattributed", "no touch in the lookback since the conversion before")]


def test_a_cost_of_no_channel_is_spread_over_its_days(warehouse: DbtWarehouse) -> None:
    found = warehouse.rows("select month, channel, amount from roi.channel_costs order by month")
    assert found == [(date(2026, n + 1, 1), "shared", Decimal(2 * days)) for n, days in enumerate((31, 28, 31, 30, 31))]


def test_subscriptions_that_go_on_retain_everything(warehouse: DbtWarehouse) -> None:
    found = warehouse.rows("select n, start_mrr, nrr, grr, logo_churn from roi.revenue_retention where window_months = 1 order by month")
    assert found[-1] == (60, Decimal(6000), 1.0, 1.0, 0.0)
    (new,) = warehouse.rows("select count(*), sum(mrr) from roi.mrr_movements where category = 'new'")
    assert new == (60, Decimal(6000))
    assert warehouse.rows("select min(survival), max(at_risk) from roi.retention_curves") == [(1.0, 60)]


def test_what_needs_a_buyer_is_empty_and_an_experiment_is_not_made_up(warehouse: DbtWarehouse) -> None:
    for mart in ("cohorts", "customer_value_fits", "experiments"):
        assert warehouse.rows(f"select count(*) from roi.{mart}") == [(0,)], mart
    curves = warehouse.rows("select distinct survival, suppressed_reason from roi.retention_curves_by_exposure")
    assert curves == [(None, "none was engaged")]

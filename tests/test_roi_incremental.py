"""Whole months -> roi.attribution_credits: after any change the incremental table equals a full refresh."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.roi_company import half_a_year, order, touch

Change = Callable[[DbtWarehouse], None]
CREDITS = "select * from roi.attribution_credits order by all"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("roi"))
    half_a_year(warehouse)
    warehouse.build("+roi_attribution_credits")
    return warehouse


def _sql(statement: str) -> Change:
    return lambda warehouse: warehouse.execute(statement)


CHANGES: dict[str, Change] = {
    "an amount far back": _sql("update raw_files.revenue set amount = 77.77 where revenue_id = 'o1'"),
    "an order deleted": _sql("delete from raw_files.revenue where revenue_id = 'o2'"),
    "a month emptied": _sql("delete from raw_files.revenue where occurred_at < '2026-02-01'"),
    "a touch deleted in the month before": _sql("delete from raw_files.touches where touch_id = 'p8-a'"),
    "a touch moved over the lookback": _sql("update raw_files.touches set occurred_at = '2025-11-01' where touch_id = 'p3-a'"),
    "a touch of another channel": _sql("update raw_files.touches set channel = 'event' where touch_id = 'p3-a'"),
    "a new touch far back": lambda warehouse: warehouse.insert("touches", touch("late", "p0", datetime(2026, 1, 4))),
    "a new order far back": lambda warehouse: warehouse.insert("revenue", order("late", "p0", datetime(2026, 1, 9))),
    "a refund edited": _sql("update raw_files.revenue set amount = -30 where revenue_id = 'r-1'"),
    "a refund deleted": _sql("delete from raw_files.revenue where revenue_id = 'r-1'"),
    "a person who joined an account": lambda warehouse: warehouse.insert(
        "contacts", {"contact_id": "c2", "account_id": "acme", "person_key": "p30", "created_at": datetime(2026, 1, 1)}
    ),
    "a deal made earlier": _sql("update raw_files.opportunities set created_at = '2026-01-01'"),
    "consent withdrawn": lambda warehouse: warehouse.insert(
        "consents", {"person_key": "p5", "purpose": "attribution", "is_granted": False, "recorded_at": datetime(2026, 6, 1)}
    ),
    "a rate that came": _sql(
        """
        update raw_files.revenue set currency = 'EUR' where revenue_id = 'o4';
        insert into raw_files.exchange_rates (date, currency, rate_to_reporting) values ('2026-02-09', 'EUR', 1.1)
        """
    ),
    "a rate missing": _sql("update raw_files.revenue set currency = 'GBP' where revenue_id = 'o4'"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_incremental_equals_a_full_refresh(built: DbtWarehouse, tmp_path: Path, change: Change) -> None:
    warehouse = built.copy(tmp_path)
    before = warehouse.rows(CREDITS)
    change(warehouse)
    warehouse.build("+roi_attribution_credits")
    incremental = warehouse.rows(CREDITS)
    warehouse.build("roi_attribution_credits", full_refresh=True)
    assert incremental == warehouse.rows(CREDITS)
    assert incremental != before


def test_months_without_a_change_are_left_alone(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse = built.copy(tmp_path)
    warehouse.execute(
        "update roi.attribution_credits set sale_kind = 'kept as it was'; update raw_files.touches set channel = 'event' where touch_id = 'p38-b'"
    )
    warehouse.build("+roi_attribution_credits")
    months = warehouse.rows(
        "select converted_month, bool_and(coalesce(sale_kind, '') = 'kept as it was') filter (model <> 'markov'), "
        "bool_or(coalesce(sale_kind, '') = 'kept as it was') filter (model = 'markov') from roi.attribution_credits group by 1 order by 1"
    )
    # the removal effects of a chain move with every journey, wherever it lies: Markov credits are restated together
    assert [row[1:] for row in months] == [(True, False)] * 5 + [(False, False)]

"""A random company through dbt -> what must hold whatever the data: every credit as worked out in Python, and what may not change a number.

tests/test_roi_drawn.py draws and shrinks smaller ones, without dbt.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.roi_company import month_cost, order, touch
from tests.roi_worlds import credits, insert, random_world, shapley_values

SEED = 20
MARTS = ("+roi_channel_months", "+roi_campaigns", "+roi_channel_costs", "+roi_mmm_weeks", "+roi_markov_channels")
MONTHS = "select * from roi.channel_months"
EVERYTHING = (
    MONTHS,
    "select * from roi.campaigns",
    "select * from roi.mmm_weeks",
    "select * from roi.markov_channels",
    "select * from roi.attribution_credits",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("world"))
    insert(warehouse, random_world(SEED))
    warehouse.build(*MARTS)
    return warehouse


def _sorted(warehouse: DbtWarehouse, sql: str) -> list[tuple[object, ...]]:
    return warehouse.rows(f"{sql} order by all")


def test_every_credit_of_every_rule_and_lookback_is_the_one_worked_out_in_python(built: DbtWarehouse) -> None:
    rows = built.rows(
        "select conversion_id, model, lookback_days, touch_id, credit::double from roi.attribution_credits where model <> 'markov'"
    )
    found = {tuple(row[:4]): row[4] for row in rows}
    expected = credits(random_world(SEED))
    assert len(found) == len(rows) and len({key[0] for key in found}) > 40
    assert found.keys() == expected.keys()
    assert max(abs(found[key] - expected[key]) for key in found) < 2e-11  # parts of 1e-12, the last takes what is left


def test_shapley_is_shapley_by_its_definition(built: DbtWarehouse) -> None:
    rows = built.rows(
        "select conversion_id, channel, sum(credit)::double from roi.attribution_credits where model = 'shapley' and lookback_days = 90 and touch_id is not null group by all"
    )
    channels, totals = defaultdict(set), defaultdict(float)
    for conversion, channel, credit in rows:
        channels[conversion].add(channel)
        totals[channel] += credit
    assert dict(totals) == pytest.approx(shapley_values([frozenset(found) for found in channels.values()]), abs=1e-9)


def test_markov_credit_is_the_removal_effects_of_the_journey(built: DbtWarehouse) -> None:
    rows = built.rows(
        """
        select (credits.conversion_id, credits.lookback_rule, credits.lookback_days)::text, sum(credits.credit)::double, any_value(effects.removal_effect)
        from roi.attribution_credits as credits
        join roi.markov_channels as effects using (channel, lookback_rule)
        where model = 'markov' and touch_id is not null and credits.lookback_days is not distinct from effects.lookback_days
        group by credits.conversion_id, credits.lookback_rule, credits.lookback_days, credits.channel
        """
    )
    assert len(rows) > 100
    journeys = defaultdict(list)
    for journey, credit, effect in rows:
        journeys[journey].append((credit, effect))
    for parts in journeys.values():
        total = sum(effect for _, effect in parts)
        assert [credit for credit, _ in parts] == pytest.approx([effect / total for _, effect in parts], abs=1e-9)


def test_every_invariant_holds(built: DbtWarehouse) -> None:
    result = built.run(
        "test",
        "--select",
        *("roi_attribution_credits", "roi_channel_months", "roi_markov_channels", "roi_channel_costs", "roi_campaigns", "roi_mmm_weeks"),
        "--exclude",
        "test_type:unit",
    )
    assert result.success, [item.node.name for item in result.result if item.status != "pass"]


def test_order_of_rows_and_a_file_split_in_two_change_nothing(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse, chance = DbtWarehouse(tmp_path), Random(1)
    for entity, rows in random_world(SEED).items():
        warehouse.insert(entity, *chance.sample(rows, len(rows)))
        warehouse.execute(f"update raw_files.{entity} set _file = '{entity}-2.csv' where _line % 2 = 0")
    warehouse.build(*MARTS)
    for sql in EVERYTHING:
        assert _sorted(warehouse, sql) == _sorted(built, sql)


def test_an_unrelated_channel_changes_nothing_for_the_others(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse = built.copy(tmp_path)
    for number in range(5):
        at = datetime(2026, 3, 1) + timedelta(days=number)
        warehouse.insert("touches", touch(f"new-{number}", f"new{number}", at, "event"))
        warehouse.insert("revenue", order(f"new-{number}", f"new{number}", at + timedelta(days=1), 50))
    warehouse.insert("costs", month_cost("event-3", date(2026, 3, 1), "content", 500, "event", hours=0))
    warehouse.build(*MARTS)
    # the range over models holds Markov's, which an unrelated journey may move
    others = (
        MONTHS.replace("*", "* exclude (model_lo, model_hi)") + " where model <> 'markov' and channel <> 'event' and basis <> 'accrual'"
    )
    assert _sorted(warehouse, others) == _sorted(built, others)
    assert warehouse.rows("select count(*) > 0 from roi.channel_months where channel = 'event'") == [(True,)]


def test_another_unit_of_money_gives_the_same_roi(built: DbtWarehouse, tmp_path: Path) -> None:
    """All money in a currency that is worth 3 of the reporting one: only the rounding of parts to cents is left."""
    warehouse = built.copy(tmp_path)
    for table in ("revenue", "costs", "opportunities"):
        warehouse.execute(f"update raw_files.{table} set currency = 'EUR'")
    warehouse.execute(
        "insert into raw_files.exchange_rates (date, currency, rate_to_reporting, _file, _line, _deleted) "
        "select cast(day as date), 'EUR', 3, 'rates.csv', row_number() over (), false from generate_series(date '2025-11-01', date '2026-07-10', interval 1 day) as days(day)"
    )
    warehouse.build(*MARTS)
    sql = "select month, channel, model, lookback_rule, lookback_days, basis, attributed_roi, full_cost::double, n from roi.channel_months order by all"
    for before, after in zip(built.rows(sql), warehouse.rows(sql), strict=True):
        roi, cost, n = before[6:]
        assert after[:6] == before[:6]
        assert (after[6] is None) == (roi is None)
        # a cent for each customer, and one for each of a cost's days
        assert roi is None or after[6] == pytest.approx(roi, abs=0.01 * (n + 31) / cost)


def test_days_and_months_are_those_of_the_reporting_time_zone(tmp_path: Path) -> None:
    """New York: clocks change on 2026-03-08; a sale at 04:59:59 UTC on 1 March is of February, one at 03:59:59 on 1 April of March."""
    warehouse, zone = DbtWarehouse(tmp_path), ZoneInfo("America/New_York")
    warehouse.variables = {"reporting_time_zone": zone.key}
    times = [
        datetime(2026, month, 1) + timedelta(hours=hours, seconds=seconds)
        for month in (1, 2, 3, 4, 5)
        for hours in (3, 4, 5, 6)
        for seconds in (-1, 0)
    ]
    times += [datetime(2026, 3, 8) + timedelta(minutes=30 * step) for step in range(60)]
    for number, at in enumerate(times):
        warehouse.insert("touches", touch(f"t{number:03}", f"p{number:03}", at - timedelta(hours=1), "email"))
        warehouse.insert("revenue", order(f"o{number:03}", f"p{number:03}", at))
    warehouse.insert("costs", month_cost("march", date(2026, 3, 1), "staff", 310.01, "email"))
    warehouse.build("+roi_channel_months", "+roi_channel_costs", "+roi_mmm_weeks")
    expected = sorted(
        (f"order|o{number:03}", at.replace(tzinfo=UTC).astimezone(zone).date().replace(day=1)) for number, at in enumerate(times)
    )
    assert warehouse.rows("select distinct conversion_id, converted_month from roi.attribution_credits order by all") == expected
    local = [at.replace(tzinfo=UTC).astimezone(zone).date() for at in times]
    weeks = defaultdict(int)
    for day in local:
        weeks[day - timedelta(days=day.weekday())] += 1
    assert dict(warehouse.rows("select week, company_bookings from roi.mmm_weeks where company_bookings > 0")) == weeks
    assert warehouse.rows("select month, amount from roi.channel_costs where amount is not null") == [(date(2026, 3, 1), Decimal("310.01"))]

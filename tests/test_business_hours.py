"""Response times in working hours, counted by hand: weekends, clocks that are put forward, night shifts, a team's own holiday, nobody's hours."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.relationship_worlds import World

HOURS = {"berlin": ("09:00", "17:00", "Europe/Berlin", (1, 2, 3, 4, 5)), "night": ("22:00", "06:00", "America/New_York", (6,))}
# Platform -> (team, asked, answered, minutes worked in between), UTC; of 60 who asked at that time 40 were answered.
ASKED = {
    # from 18:00 on Friday to 10:00 on the Monday after summer time began: work began at 9
    "weekend": ("berlin", datetime(2026, 3, 27, 17), datetime(2026, 3, 30, 8), 60),
    # from 23:00 to 5:00 in a night whose clocks skip the hour from 2 to 3
    "night": ("night", datetime(2026, 3, 8, 4), datetime(2026, 3, 8, 9), 300),
    # from 16:00 on Tuesday 23 December to 10:00 on Monday the 29th; from the 24th to the 26th Munich alone has holidays
    "holiday": ("munich", datetime(2025, 12, 23, 16), datetime(2025, 12, 29, 10), 120),
    "no holiday": ("hamburg", datetime(2025, 12, 23, 16), datetime(2025, 12, 29, 10), 120 + 3 * 480),
    # on a Saturday
    "in no time": ("hamburg", datetime(2026, 3, 28, 9), datetime(2026, 3, 28, 10), 0),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtWarehouse]:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("hours"))
    for team, (start, end, zone, days) in HOURS.items():
        for day in days:
            warehouse.execute(f"insert into settings.working_hours values ('{team}', {day}, '{start}', '{end}', '{zone}')")
    for date in ("2025-12-24", "2025-12-25", "2025-12-26"):
        warehouse.execute(f"insert into settings.holidays values ('{date}', 'a day of the town', 'munich')")
    for platform, (team, asked, answered, _) in ASKED.items():
        world = World(platform)
        for person in range(60):
            minutes = (answered - asked).total_seconds() / 60
            world.ask(f"p{person}", minutes if person < 40 else None, asked, team=team, is_deleted=person >= 50)
        warehouse.insert("interactions", *world.interactions)
    warehouse.build("+int_indicators_shown")
    yield warehouse


@pytest.mark.parametrize("platform", ASKED)
def test_working_time_is_what_was_worked_in_between(warehouse: DbtWarehouse, platform: str) -> None:
    """40 of 50 who were not deleted: the median is theirs."""
    rows = warehouse.rows(
        "select value, n from intermediate.int_indicators_shown where indicator = 'response_time_median_km' and period_kind = 'all' "
        f"and platform = '{platform}' and dimension = 'clock' and dimension_value = 'business_hours'"
    )
    assert rows == [(ASKED[platform][3], 60)]


def test_the_share_within_an_hour_is_the_same_on_both_clocks_where_all_came_within(warehouse: DbtWarehouse) -> None:
    rows = warehouse.rows(
        "select dimension, round(value, 10) from intermediate.int_indicators_shown where indicator = 'response_within_60min_km' "
        "and period_kind = 'all' and platform = 'in no time' and dimension in ('all', 'clock') order by all"
    )
    assert rows == [("all", 0.8), ("clock", 0.8)]


def test_another_holiday_has_everything_told_anew(warehouse: DbtWarehouse, tmp_path) -> None:
    recipe = f"select {warehouse.compiled('{{ recipe() }}')}"
    before = warehouse.rows(recipe)
    copy = warehouse.copy(tmp_path)
    copy.execute("insert into settings.holidays values ('2026-01-06', 'Epiphany', 'munich')")
    assert copy.rows(recipe) != before and before[0][0] is not None

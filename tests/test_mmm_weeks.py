"""Weekly series of a marketing-mix tool, handed in as costs, ad_metrics and revenue -> roi.mmm_weeks gives them back week by week."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.reference import DATA
from tests.retention_worlds import insert_fast

ROBYN = DATA / "mmm_series" / "robyn_dt_simulated_weekly.csv"
SPENT = {"tv": "tv_S", "ooh": "ooh_S", "print": "print_S", "paid_social": "facebook_S", "paid_search": "search_S"}


def cents(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"))


@pytest.mark.skipif(not ROBYN.exists(), reason="Robyn's series are not here")
def test_the_series_of_robyn_come_back_as_its_tools_read_them(tmp_path: Path) -> None:
    with ROBYN.open(encoding="utf-8") as file:
        weeks = {date.fromisoformat(row["DATE"]): row for row in csv.DictReader(file)}
    warehouse = DbtWarehouse(tmp_path)
    warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2019-11-18 12:00'")
    costs = [
        {
            "cost_id": f"{week}{channel}",
            "period_start": week,
            "period_end": week + timedelta(days=6),
            "kind": "ad_spend",
            "channel": channel,
        }
        | {"amount": cents(row[column]), "currency": "USD"}
        for week, row in weeks.items()
        for channel, column in SPENT.items()
        if cents(row[column])
    ]
    insert_fast(warehouse, "costs", costs)
    shown = [
        {"platform": "facebook", "ad_id": "all", "date": week, "campaign_id": "social", "impressions": round(float(row["facebook_I"]))}
        for week, row in weeks.items()
    ]
    insert_fast(warehouse, "ad_metrics", shown)
    insert_fast(warehouse, "campaigns", [{"campaign_id": "social", "channel": "paid_social"}])
    sold = [
        {
            "revenue_id": str(week),
            "occurred_at": datetime.combine(week, datetime.min.time()),
            "amount": cents(row["revenue"]),
            "currency": "USD",
        }
        for week, row in weeks.items()
    ]
    insert_fast(warehouse, "revenue", sold)
    warehouse.build("+roi_mmm_weeks")
    found = warehouse.rows(
        "select week, channel, cost, ad_spend, impressions, company_revenue, is_complete from roi.mmm_weeks order by 1, 2"
    )
    assert len(found) == (208 + 1) * len(SPENT), "a row for every week up to the clock and every channel, that of the clock included"
    for week, channel, cost, ad_spend, impressions, revenue, is_complete in found:
        row = weeks.get(week)
        assert is_complete == (row is not None) and week.isoweekday() == 1
        if row is None:
            assert (cost, revenue) == (0, 0)
            continue
        assert cost == ad_spend == cents(row[SPENT[channel]]) and revenue == cents(row["revenue"])
        assert impressions == (round(float(row["facebook_I"])) if channel == "paid_social" else None)
    totals = dict(warehouse.rows("select channel, sum(cost) from roi.mmm_weeks group by 1"))
    published = {"tv": 3_087_487.77, "ooh": 8_989_331.73, "print": 775_555.51, "paid_social": 446_296.83, "paid_search": 1_230_426.67}
    assert {channel: float(total) for channel, total in totals.items()} == pytest.approx(published, abs=1)


def test_controls_and_organic_posts_stand_in_their_week(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    warehouse.insert(
        "revenue",
        *(
            {
                "revenue_id": f"r{day}",
                "occurred_at": datetime(2026, 6, day),
                "amount": 100,
                "currency": "USD",
                "kind": "order",
                "discount": discount,
            }
            for day, discount in ((1, 10), (7, None), (8, 5))
        ),
    )
    warehouse.insert("posts", {"platform": "mastodon", "profile_id": "us", "post_id": "p", "posted_at": datetime(2026, 6, 2)})
    for day, total in ((2, 40), (7, 70), (9, 100)):
        warehouse.insert(
            "post_metrics", {"platform": "mastodon", "post_id": "p", "observed_at": datetime(2026, 6, day, 20), "impressions": total}
        )
    warehouse.execute(
        "insert into settings.holidays (date, name) values (date '2026-06-04', 'Corpus Christi'), (date '2026-06-19', 'Juneteenth')"
    )
    warehouse.build("+roi_mmm_weeks")
    found = warehouse.rows(
        "select week, posts, post_impressions, company_revenue, company_bookings, company_discounts, holiday_days from roi.mmm_weeks order by 1"
    )
    assert found[:3] == [
        (date(2026, 6, 1), 1, 70, 200, 2, 10, 1),
        (date(2026, 6, 8), 0, 30, 100, 1, 5, 0),
        (date(2026, 6, 15), 0, None, 0, 0, 0, 1),
    ]

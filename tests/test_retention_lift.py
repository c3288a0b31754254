"""Files of subscriptions or orders, interactions, links and contacts -> roi.retention_lift, with the truth planted."""

from datetime import date
from pathlib import Path

import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.retention_worlds import Clients, insert_fast, planted


def built(warehouse: DbtWarehouse) -> dict[tuple[str, str, date], dict]:
    warehouse.estimate("est_retention_lift")
    warehouse.build("roi_retention_lift")
    names = [row[0] for row in warehouse.rows("describe roi.retention_lift")]
    rows = [dict(zip(names, row, strict=True)) for row in warehouse.rows("select * from roi.retention_lift order by all")]
    return {(row["segment"], row["exposure"], row["landmark"]): row for row in rows}


@pytest.fixture(scope="module")
def subscribers(tmp_path_factory) -> tuple[DbtWarehouse, Clients]:
    warehouse, clients = DbtWarehouse(tmp_path_factory.mktemp("subscribers")), Clients(seed=5, clients=1_500)
    for entity in ("accounts", "identities", "contacts", "subscriptions", "conversations"):
        insert_fast(
            warehouse, {"identities": "identity_links", "conversations": "interactions"}.get(entity, entity), getattr(clients, entity)()
        )
    return warehouse, clients


@pytest.fixture(scope="module")
def lift(subscribers):
    return built(subscribers[0])


@pytest.mark.parametrize("exposure", ["answered_24h", "two_way_thread", "any_touch"])
def test_the_naive_figure_misses_the_planted_effect_and_the_adjusted_one_covers_it(lift, exposure) -> None:
    row, truth = lift["all", exposure, date(2025, 10, 1)], planted()
    assert row["suppressed_reason"] is None
    assert row["naive_lo"] > truth + 0.1
    assert row["lo"] <= truth <= row["hi"]
    assert row["stratified_lo"] <= truth <= row["stratified_hi"] + 0.02
    assert row["smd_max"] < 0.1 < row["smd_max_before"]
    assert row["matched_share"] > 0.9
    assert (row["evidence_grade"], row["horizon_days"], row["quarter"], row["outcome"]) == ("C", 180, date(2025, 10, 1), "subscribed")


def test_the_counts_are_those_of_the_world(lift, subscribers) -> None:
    clients = subscribers[1]
    row = lift["all", "any_touch", date(2025, 10, 1)]
    assert (row["n1"], row["n0"]) == (clients.is_engaged.sum(), (~clients.is_engaged).sum())
    naive = clients.is_kept[clients.is_engaged].mean() - clients.is_kept[~clients.is_engaged].mean()
    assert row["naive"] == pytest.approx(naive, abs=1e-9)
    large = lift["large", "any_touch", date(2025, 10, 1)]
    assert (large["n1"], large["n0"]) == (
        (clients.is_engaged & (clients.large == 1)).sum(),
        (~clients.is_engaged & (clients.large == 1)).sum(),
    )
    # 1 October: one began before July and all are there; in January the 180 days are not over at the clock
    reasons = {
        landmark: row["suppressed_reason"]
        for (segment, exposure, landmark), row in lift.items()
        if (segment, exposure) == ("all", "any_touch")
    }
    assert reasons[date(2026, 1, 1)] is not None and reasons[date(2026, 4, 1)] == "the 180 days after the landmark are not over"


def test_the_curves_end_where_the_naive_figure_says(subscribers, lift) -> None:
    warehouse, row = subscribers[0], lift["all", "two_way_thread", date(2025, 10, 1)]
    warehouse.build("int_engaged_lifetimes", "roi_retention_curves_by_exposure")
    ends = warehouse.rows(
        "select is_engaged, n, min(survival), sum(events), max(day) from roi.retention_curves_by_exposure "
        "where landmark_kind = 'quarter' and landmark = date '2025-10-01' and segment = 'all' and exposure = 'two_way_thread' group by all order by 1 desc"
    )
    assert [end[:2] for end in ends] == [(True, row["n1"]), (False, row["n0"])]
    assert ends[0][2] - ends[1][2] == pytest.approx(row["naive"], abs=1e-9)
    assert all(survival == pytest.approx(1 - left / n, abs=1e-9) and day == row["horizon_days"] for _, n, survival, left, day in ends)
    compared = "select distinct landmark, compared_with, suppressed_reason from roi.retention_curves_by_exposure where exposure = 'answered_24h' and segment = 'all'"
    assert (None, "all other clients", None) in warehouse.rows(compared)


def test_nobody_in_the_community_is_said_and_not_shown_as_nothing(lift) -> None:
    row = lift["all", "community_active", date(2025, 10, 1)]
    assert (row["adjusted"], row["naive"], row["n1"], row["suppressed_reason"]) == (None, None, None, "none was engaged")


def test_order_of_rows_and_a_split_file_change_nothing(subscribers, lift, tmp_path: Path) -> None:
    warehouse, clients = DbtWarehouse(tmp_path), subscribers[1]
    for entity in ("conversations", "subscriptions", "contacts", "identities", "accounts"):
        name = {"identities": "identity_links", "conversations": "interactions"}.get(entity, entity)
        rows = getattr(clients, entity)()[::-1]
        insert_fast(warehouse, name, rows[: len(rows) // 3])
        insert_fast(warehouse, name, rows[len(rows) // 3 :])
    assert built(warehouse) == lift


def test_who_waited_is_compared_with_who_was_answered(subscribers, tmp_path: Path) -> None:
    warehouse, clients = subscribers[0].copy(tmp_path), subscribers[1]
    warehouse.execute("delete from raw_files.interactions")
    insert_fast(warehouse, "interactions", clients.conversations(waiting=0.7))
    row = built(warehouse)["all", "answered_24h", date(2025, 10, 1)]
    assert row["compared_with"] == "clients who asked and were not answered within 24 hours"
    waited = sum(1 for i, engaged in enumerate(clients.is_engaged) if not engaged and i % 100 < 70)
    assert (row["n1"], row["n0"]) == (clients.is_engaged.sum(), waited)
    assert row["lo"] <= planted() <= row["hi"]
    assert row["naive_lo"] > planted()
    warehouse.build("int_engaged_lifetimes", "roi_retention_curves_by_exposure")
    groups = "select distinct is_engaged, n from roi.retention_curves_by_exposure where exposure = 'answered_24h' and segment = 'all' and compared_with = ?"
    found = warehouse.rows(groups.replace("?", f"'{row['compared_with']}' and landmark = date '2025-10-01'"))
    assert sorted(found) == [(False, row["n0"]), (True, row["n1"])]


def test_orders_alone_serve_where_there_are_no_subscriptions(tmp_path: Path) -> None:
    warehouse, clients = DbtWarehouse(tmp_path), Clients(seed=6, clients=1_500)
    insert_fast(warehouse, "identity_links", clients.identities())
    insert_fast(warehouse, "revenue", clients.orders())
    insert_fast(warehouse, "interactions", clients.conversations())
    row = built(warehouse)["all", "two_way_thread", date(2025, 10, 1)]
    assert (row["outcome"], row["suppressed_reason"]) == ("ordered", None)
    assert (row["n1"], row["n0"]) == (clients.is_engaged.sum(), (~clients.is_engaged).sum())
    assert row["naive_lo"] > planted() + 0.1
    assert row["lo"] <= planted() <= row["hi"]


def test_nothing_given_is_an_empty_mart_and_coverage_says_of_what(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    assert built(warehouse) == {}
    warehouse.build("+core_coverage")
    reasons = dict(warehouse.rows("select entity, reason from core.coverage where source = 'goodwill' and state = 'not_given'"))
    assert "subscriptions" in reasons["roi.retention_lift"] and "interactions" in reasons["roi.retention_lift"]
    assert reasons["roi.customer_value_fits"].endswith(", revenue, subscriptions")

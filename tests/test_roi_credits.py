"""Touches and bookings -> who is credited: what is a conversion, which touches count, and what each rule gives."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.dbt_warehouse import DbtWarehouse, Row
from tests.roi_company import order, refund, touch

AT = datetime(2026, 3, 20, 12)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("credits"))
    _three_touches(warehouse)
    _a_deal_with_milestones(warehouse)
    _edges(warehouse)
    _invoices(warehouse)
    _no_kinds(warehouse)
    warehouse.build("+roi_attribution_credits")
    return warehouse


def _three_touches(warehouse: DbtWarehouse) -> None:
    warehouse.insert(
        "touches",
        touch("t1", "pat", AT - timedelta(days=14), "email"),
        touch("t2", "pat", AT - timedelta(days=7), "paid_social"),
        touch("t3", "pat", AT, "email"),
        touch("too-late", "pat", AT + timedelta(seconds=1), "email"),
        touch("too-old", "pat", AT - timedelta(days=90, seconds=1), "email"),
    )
    warehouse.insert("revenue", order("pat", "pat", AT, 100), refund("pat-back", "pat", AT + timedelta(days=20), -10))


def _a_deal_with_milestones(warehouse: DbtWarehouse) -> None:
    """Five touches: first, contact made after the second, deal after the fourth, won on day 200, never booked."""
    day = datetime(2025, 10, 1)
    warehouse.insert("accounts", {"account_id": "globex"})
    warehouse.insert("contacts", {"contact_id": "gus", "account_id": "globex", "person_key": "gus", "created_at": day + timedelta(days=15)})
    for number, days in enumerate((0, 10, 30, 70, 100)):
        warehouse.insert("touches", touch(f"g{number}", "gus", day + timedelta(days=days), f"channel{number}"))
    deal = {"opportunity_id": "big", "account_id": "globex", "contact_id": "gus", "is_won": True, "amount": 1000, "currency": "USD"}
    warehouse.insert("opportunities", {**deal, "created_at": day + timedelta(days=80), "closed_at": day + timedelta(days=200)})


def _choice(person: str, is_granted: bool, days_ago: int, platform: str | None = None) -> Row:
    said = {"person_key": person, "purpose": "attribution", "is_granted": is_granted, "platform": platform}
    return {**said, "recorded_at": AT - timedelta(days=days_ago)}


def _edges(warehouse: DbtWarehouse) -> None:
    warehouse.insert(
        "touches",
        touch("twice", "twin", AT - timedelta(days=1), "email"),
        touch("denied", "shy", AT - timedelta(days=1), "email"),
        touch("allowed-again", "open", AT - timedelta(days=2), "paid_social", platform="x"),
        touch("still-denied", "open", AT - timedelta(days=1), "paid_social", platform="linkedin"),
        touch("of-no-platform", "open", AT - timedelta(days=1), "email"),
        touch("before-the-no", "shut", AT - timedelta(days=2), "paid_social", platform="x"),
        touch("not-of-x", "wary", AT - timedelta(days=1), "paid_social", platform="linkedin"),
        touch("of-x", "wary", AT - timedelta(days=2), "paid_social", platform="x"),
    )
    warehouse.insert(
        "consents",
        _choice("open", False, 10),
        _choice("open", True, 5, "x"),
        _choice("shut", True, 10, "x"),
        _choice("shut", False, 5),
        _choice("wary", False, 5, "x"),
    )
    warehouse.insert(
        "consents",
        {"person_key": "shy", "purpose": "attribution", "is_granted": True, "recorded_at": AT},
        {"person_key": "shy", "purpose": "attribution", "is_granted": False, "recorded_at": AT, "evidence": "same time", "platform": None},
    )
    warehouse.insert(
        "revenue",
        order("twin-1", "twin", AT, 0.03),
        order("twin-2", "twin", AT, 5),
        order("shy", "shy", AT, 5),
        *(order(person, person, AT, 5) for person in ("open", "shut", "wary")),
        order("line-1", "lin", AT, 5, order_id="two-lines"),
        order("line-2", "lin", AT, 7, order_id="two-lines"),
    )


def _invoices(warehouse: DbtWarehouse) -> None:
    bill = {"account_id": "initech", "kind": "invoice"}
    warehouse.insert(
        "revenue",
        order("in-1", "ivy", AT, 10, **bill),
        order("in-2", "ivy", AT + timedelta(days=30), 10, **bill),
        order("in-3", "ivy", AT + timedelta(days=40), 10, **bill, sale_kind="expansion"),
        order("in-4", "ivy", AT + timedelta(days=60), 10, **bill, sale_kind="renewal"),
    )


def _no_kinds(warehouse: DbtWarehouse) -> None:
    """The required columns, and whose it is: what kind of booking each is stands nowhere."""
    booked = {"occurred_at": AT, "currency": "USD"}
    warehouse.insert(
        "revenue",
        {"revenue_id": "kindless-1", "person_key": "shopper", "amount": 20, **booked},
        {"revenue_id": "kindless-2", "person_key": "shopper", "amount": 30, **booked},
        {"revenue_id": "kindless-back", "person_key": "shopper", "amount": -5, **booked},
        {"revenue_id": "kindless-3", "account_id": "wayne", "amount": 20, **booked},
        {"revenue_id": "kindless-4", "account_id": "wayne", "amount": 20, **booked, "occurred_at": AT + timedelta(days=30)},
        {"revenue_id": "kindless-5", "account_id": "hooli", "order_id": "o-9", "amount": 20, **booked},
    )


def _credits(warehouse: DbtWarehouse, conversion: str, model: str, days: int | None = 30) -> dict[str | None, Decimal]:
    where = "lookback_rule = 'own'" if days is None else f"lookback_days = {days}"
    sql = f"select touch_id, credit from roi.attribution_credits where conversion_id = '{conversion}' and model = '{model}' and {where}"
    return dict(warehouse.rows(sql))


@pytest.mark.parametrize(
    ("model", "shares"),
    [
        ("first", {"t1": 1}),
        ("last", {"t3": 1}),
        ("linear", {"t1": 1 / 3, "t2": 1 / 3, "t3": 1 / 3}),
        ("position", {"t1": 0.4, "t2": 0.2, "t3": 0.4}),
        ("time_decay", {"t1": 1 / 7, "t2": 2 / 7, "t3": 4 / 7}),
        ("shapley", {"t1": 1 / 4, "t2": 1 / 2, "t3": 1 / 4}),
    ],
)
def test_the_rules_on_three_touches_14_7_and_0_days_before(built: DbtWarehouse, model: str, shares: dict[str, float]) -> None:
    credits = _credits(built, "order|pat", model)
    assert {touch_id: float(credit) for touch_id, credit in credits.items()} == pytest.approx(shares, abs=2e-12)
    assert sum(credits.values()) == 1


def test_short_journeys_of_position(built: DbtWarehouse) -> None:
    assert _credits(built, "order|pat", "position", 7) == {"t2": Decimal("0.5"), "t3": Decimal("0.5")}
    assert _credits(built, "order|twin-1", "position") == {"twice": 1}


def test_the_deals_own_lookback_reaches_90_days_before_it_was_created(built: DbtWarehouse) -> None:
    assert set(_credits(built, "deal|big", "linear", None)) == {"g0", "g1", "g2", "g3", "g4"}
    assert set(_credits(built, "deal|big", "linear", 90)) == {None}


def test_w_shaped_gives_30_to_each_milestone_and_10_to_the_others(built: DbtWarehouse) -> None:
    shares = {touch_id: float(credit) for touch_id, credit in _credits(built, "deal|big", "w_shaped", None).items()}
    assert shares == pytest.approx({"g0": 0.3, "g1": 0.3, "g3": 0.3, "g2": 0.05, "g4": 0.05}, abs=1e-11)
    assert _credits(built, "order|pat", "w_shaped") == {}


def test_refunds_follow_their_parents_credits_to_the_cent(built: DbtWarehouse) -> None:
    rows = built.rows(
        "select booked_revenue, revenue from roi.attribution_credits "
        "where conversion_id = 'order|pat' and model = 'linear' and lookback_days = 30 order by from_start"
    )
    assert [booked for booked, _ in rows] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert sum(net for _, net in rows) == 90


def test_one_touch_serves_two_conversions_of_one_second(built: DbtWarehouse) -> None:
    assert _credits(built, "order|twin-1", "last") == _credits(built, "order|twin-2", "last") == {"twice": 1}


def test_a_denied_purpose_leaves_the_conversion_unattributed(built: DbtWarehouse) -> None:
    rows = built.rows("select distinct channel, touch_id from roi.attribution_credits where conversion_id = 'order|shy'")
    assert rows == [("unattributed", None)]


@pytest.mark.parametrize(
    ("person", "credited"),
    [
        pytest.param("open", {"allowed-again"}, id="a newer yes to one platform outranks an older no to all"),
        pytest.param("shut", {None}, id="a newer no to all outranks an older yes to one platform"),
        pytest.param("wary", {"not-of-x"}, id="a no to one platform leaves the others"),
    ],
)
def test_the_latest_choice_for_a_platform_counts(built: DbtWarehouse, person: str, credited: set[str | None]) -> None:
    assert set(_credits(built, f"order|{person}", "linear")) == credited


def test_lines_of_an_order_are_one_conversion(built: DbtWarehouse) -> None:
    sql = "select count(*), sum(revenue) from intermediate.int_conversions where conversion_id like '%two-lines'"
    assert built.rows(sql) == [(1, 12)]


def test_only_the_first_of_repeating_invoices_is_a_conversion(built: DbtWarehouse) -> None:
    sql = "select candidate_id, left_out_because from intermediate.int_conversion_candidates where account_id = 'initech' order by 1"
    assert built.rows(sql) == [("in-1", None), ("in-2", "renewals not separable"), ("in-3", None), ("in-4", "renewal")]


def test_a_booking_without_a_kind_is_what_its_other_columns_say(built: DbtWarehouse) -> None:
    kinds = built.rows("select revenue_id, kind from intermediate.int_revenue where revenue_id like 'kindless%' order by revenue_id")
    assert [kind for _, kind in kinds] == ["order", "order", "invoice", "invoice", "order", "refund"]
    conversions = (
        "select distinct conversion_id from roi.attribution_credits where conversion_id like '%kindless%' or conversion_id = 'order|o-9'"
    )
    # of a company's repeating bookings nobody can tell whether the later ones are new sales
    assert set(built.rows(conversions)) == {(key,) for key in ("order|kindless-1", "order|kindless-2", "invoice|kindless-3", "order|o-9")}


def test_a_deal_in_the_ledger_is_not_a_second_conversion(built: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> None:
    warehouse = built.copy(tmp_path_factory.mktemp("booked"))
    booking = order("big-invoice", "gus", datetime(2026, 5, 1), 1000, kind="invoice", account_id="globex", opportunity_id="big")
    warehouse.insert("revenue", booking)
    warehouse.build("+int_conversions")
    sql = "select conversion_id, conversion_clock from intermediate.int_conversions where account_id = 'globex'"
    assert warehouse.rows(sql) == [("invoice|big-invoice", "booked_at")]


def test_what_is_dated_after_the_clock_has_not_happened(built: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> None:
    warehouse = built.copy(tmp_path_factory.mktemp("future"))
    warehouse.insert("revenue", order("tomorrow", "pat", datetime(2026, 7, 1)))
    warehouse.build("+int_conversions")
    assert warehouse.rows("select count(*) from intermediate.int_conversions where conversion_id = 'order|tomorrow'") == [(0,)]

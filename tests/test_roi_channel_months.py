"""Credits and costs -> roi.channel_months and roi.channel_summary: bases, missing costs, intervals, and what may be quoted."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.bootstrap_weights import limits, weights
from tests.dbt_warehouse import DbtWarehouse
from tests.roi_company import half_a_year, month_cost

MARTS = ("+roi_channel_summary", "+roi_campaigns", "+roi_channel_costs")
QUOTED = "model = 'linear' and lookback_rule = 'own'"
CONSERVED = (
    "roi_credits_add_up",
    "roi_credits_cover_every_conversion",
    "roi_no_touch_after_its_conversion",
    "roi_revenue_is_conserved",
    "roi_cost_is_conserved",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("months"))
    half_a_year(warehouse)
    warehouse.build(*MARTS)
    return warehouse


def _cell(warehouse: DbtWarehouse, columns: str, channel: str, month: str, basis: str) -> tuple[object, ...]:
    sql = f"select {columns} from roi.channel_months where {QUOTED} and channel = '{channel}' and month = '{month}' and basis = '{basis}'"
    return warehouse.rows(sql)[0]


def test_the_invariants_hold(built: DbtWarehouse) -> None:
    assert built.run("test", "--select", *CONSERVED).success


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("update intermediate.int_credit_shares set linear_credit = [linear_credit[1] - 1] || linear_credit[2:]", CONSERVED[0]),
        (
            "update intermediate.int_credit_shares set time_decay_revenue = [time_decay_revenue[1] + 1] || time_decay_revenue[2:]",
            CONSERVED[0],
        ),
        ("delete from intermediate.int_credit_shares where conversion_id = 'order|o3' and is_own", CONSERVED[1]),
        ("update intermediate.int_credit_shares set markov_own_credit = null where conversion_id = 'order|o3'", CONSERVED[1]),
        ("update intermediate.int_credit_touches set touched_at = touched_at + interval 100 day", CONSERVED[2]),
        ("update intermediate.int_credit_touches set touched_at = touched_at - interval 20 day", CONSERVED[2]),
        ("update roi.channel_months set revenue = revenue + 0.01 where basis = 'cash'", CONSERVED[3]),
        ("delete from roi.channel_months where channel = 'paid_social' and month = '2026-06-01'", CONSERVED[4]),
    ],
)
def test_each_invariant_can_fail(built: DbtWarehouse, tmp_path: Path, fault: str, test: str) -> None:
    warehouse = built.copy(tmp_path)
    warehouse.execute(fault)
    assert not warehouse.run("test", "--select", test).success


def test_cash_is_dated_at_the_booking_and_accrual_at_the_touch(built: DbtWarehouse) -> None:
    sql = (
        "select sum(booked_revenue) filter (converted_month = '2026-02-01'), "
        "sum(revenue) filter (date_trunc('month', touched_at) = '2026-02-01') "
        f"from roi.attribution_credits where {QUOTED} and channel = 'paid_social'"
    )
    cash, accrual = built.rows(sql)[0]
    assert _cell(built, "revenue", "paid_social", "2026-02-01", "cash") == (cash,)
    assert _cell(built, "revenue", "paid_social", "2026-02-01", "accrual") == (accrual,)
    assert cash != accrual


def test_a_refund_counts_in_its_own_month(built: DbtWarehouse) -> None:
    sql = f"select sum(revenue - booked_revenue) from roi.attribution_credits where {QUOTED} and channel = 'paid_social'"
    refunded = built.rows(sql)[0][0]
    sql = f"select sum(booked_revenue) from roi.attribution_credits where {QUOTED} and channel = 'paid_social' and converted_month = '2026-04-01'"
    assert refunded < 0
    assert _cell(built, "revenue", "paid_social", "2026-04-01", "cash") == (built.rows(sql)[0][0] + refunded,)


@pytest.mark.parametrize(("basis", "months"), [("cash_cumulative", "month <= '2026-04-01'"), ("cash_12_months", "month <= '2026-04-01'")])
def test_windows_are_sums_of_months(built: DbtWarehouse, basis: str, months: str) -> None:
    sql = (
        "select sum(conversions), sum(revenue), sum(contribution_margin), sum(full_cost) from roi.channel_months "
        f"where {QUOTED} and basis = 'cash' and channel = 'paid_social' and {months}"
    )
    columns = "conversions, revenue, contribution_margin, full_cost"
    assert _cell(built, columns, "paid_social", "2026-04-01", basis) == built.rows(sql)[0]


def test_cost_is_own_and_shared_and_roi_stands_with_and_without_the_shared(built: DbtWarehouse) -> None:
    columns = "own_cost, full_cost, contribution_margin, attributed_roi, attributed_roi_without_shared"
    own, full, margin, roi, without = _cell(built, columns, "paid_social", "2026-03-01", "cash")
    assert (own, full) == (Decimal("400.01"), Decimal("460.01"))
    assert roi == pytest.approx(float((margin - full) / full), rel=1e-9)
    assert without == pytest.approx(float((margin - own) / own), rel=1e-9)


def test_immature_accrual_says_until_when(built: DbtWarehouse) -> None:
    roi, is_mature, reason = _cell(built, "attributed_roi, is_mature, suppressed_reason", "paid_social", "2026-06-01", "accrual")
    assert (roi, is_mature) == (None, False)
    assert str(reason).startswith("immature until 2026-")


def test_a_required_cost_missing_makes_roi_null_and_a_declared_zero_does_not(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse = built.copy(tmp_path)
    warehouse.execute("delete from raw_files.costs where cost_id = 'ads-3'")
    warehouse.build(*MARTS)
    columns = "attributed_roi, suppressed_reason"
    assert _cell(warehouse, columns, "paid_social", "2026-03-01", "cash") == (None, "cost missing: 2026-03: ad_spend missing")
    assert _cell(warehouse, columns, "paid_social", "2026-05-01", "cash_cumulative")[0] is None
    assert _cell(warehouse, columns, "paid_social", "2026-02-01", "cash")[0] is not None
    warehouse.insert("costs", month_cost("ads-3-zero", date(2026, 3, 1), "ad_spend", 0, "paid_social"))
    warehouse.build(*MARTS)
    assert _cell(warehouse, columns, "paid_social", "2026-03-01", "cash")[0] is not None
    sql = "select cost_coverage from roi.channel_costs where channel = 'paid_social' and kind = 'ad_spend' and month = '2026-03-01'"
    assert warehouse.rows(sql) == [("declared zero",)]


def test_spend_that_bought_nothing_is_minus_one(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse = built.copy(tmp_path)
    warehouse.insert("costs", month_cost("posters", date(2026, 2, 1), "content", 50, "event"))
    warehouse.build(*MARTS)
    columns = "conversions, revenue, full_cost, attributed_roi, n"
    assert _cell(warehouse, columns, "event", "2026-02-01", "cash") == (0, 0, 50, -1.0, 0)


def test_too_few_customers_have_no_interval_and_are_not_quoted(built: DbtWarehouse) -> None:
    rows = built.rows(
        "select attributed_roi, lo, hi, suppressed_reason from roi.channel_summary where channel = 'paid_social' and month = '2026-02-01'"
    )
    assert rows[0][:3] == (None, None, None)
    assert rows[0][3].startswith("too few or too uneven customers (n_eff = ")


def test_the_interval_is_that_of_a_bootstrap_t_written_in_numpy(built: DbtWarehouse) -> None:
    cell = "model = 'first' and lookback_days = 30 and channel = 'paid_social'"
    customers = "roi.attribution_credits inner join intermediate.int_credit_customers using (customer_key)"
    margins = built.rows(f"select draw_key, sum(contribution_margin)::double from {customers} where {cell} group by 1")
    x = np.array([margin for _, margin in margins])
    cost, lo, hi, n, n_eff, method = built.rows(
        f"select full_cost::double, lo, hi, n, n_eff, method from roi.channel_months where {cell} and month = '2026-06-01' and basis = 'cash_cumulative'"
    )[0]
    t_lower, t_upper = limits(x, weights([customer for customer, _ in margins]))
    standard_error = np.sqrt((x**2).sum())
    assert (n, method) == (40, "bootstrap-t, Poisson weights, 499 replicates")
    assert n_eff == pytest.approx(x.sum() ** 2 / (x**2).sum(), rel=1e-9)
    # margins go into the bootstrap in steps of 1/32767 of the largest
    assert lo == pytest.approx((x.sum() - t_upper * standard_error - cost) / cost, abs=1e-4)
    assert hi == pytest.approx((x.sum() - t_lower * standard_error - cost) / cost, abs=1e-4)


def test_the_summary_quotes_the_wider_of_interval_and_range(built: DbtWarehouse) -> None:
    sql = (
        "select s.lo, s.hi, s.interval_kind, m.lo, m.hi, m.model_lo, m.model_hi, m.is_quoted, s.headline, s.evidence_grade "
        "from roi.channel_summary s join roi.channel_months m using (month, channel) "
        "where m.model = 'linear' and m.lookback_rule = 'own' and m.basis = 'cash_12_months' and s.attributed_roi is not null"
    )
    rows = built.rows(sql)
    assert rows
    for lo, hi, kind, sampling_lo, sampling_hi, model_lo, model_hi, is_quoted, headline, grade in rows:
        wider = max(
            (sampling_hi - sampling_lo, sampling_lo, sampling_hi, "sampling"),
            (model_hi - model_lo, model_lo, model_hi, "range over rules and lookbacks"),
        )
        assert (lo, hi, kind) == wider[1:]
        assert (is_quoted, headline, grade) == (True, "no causal estimate; credit, not effect", "D")


def test_two_builds_publish_the_same(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse = built.copy(tmp_path)
    sql = "select * from roi.channel_months order by all"
    warehouse.build(*MARTS, full_refresh=True)
    assert warehouse.rows(sql) == built.rows(sql)

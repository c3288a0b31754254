"""Rows of experiments and experiment_outcomes -> core.experiments, roi.experiments, roi.channel_summary: grades, reasons, returns."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats

from simulator.planted import EXPERIMENT_MENTIONS_LIFT, EXPERIMENT_REVENUE_LIFT
from simulator.world import build
from tests.dbt_warehouse import DbtWarehouse, Row
from tests.roi_company import half_a_year

STARTS, ENDS = date(2026, 5, 11), date(2026, 5, 15)
PLAN: Row = {
    "experiment_id": "plain",
    "design": "randomised",
    "unit_kind": "geo",
    "starts_on": STARTS,
    "ends_on": ENDS,
    "primary_outcome": "revenue",
    "channel": "email",
    "cost": 400,
    "currency": "USD",
    "margin_rate": 0.5,
    "assigned_at": datetime(2026, 5, 1),
    "expected_share": 0.5,
}
# Every plan differs from PLAN in what is named here.
PLANS: dict[str, Row] = {
    "plain": {},
    "repeated": {},
    "late": {"assigned_at": datetime(2026, 5, 11, 7)},
    "uneven": {"expected_share": 0.97},
    "did": {"design": "did"},
    "did moved apart": {"design": "did"},
    "did few": {"design": "did"},
    "tbr": {"design": "tbr"},
    "no outcome": {},
    "running": {"starts_on": date(2026, 6, 28), "ends_on": date(2026, 7, 20)},
    "no cost": {"cost": None},
    "cost per unit": {"cost": None, "margin_rate": None},
    "in euro": {"currency": "EUR"},
    "no rate": {"currency": "GBP"},
    "cooling": {"cooldown_ends_on": date(2026, 5, 18), "tails": 1, "level": 0.9},
    "by the file's periods": {"starts_on": date(2026, 5, 14)},
    "nothing there": {},
}
UNITS, DAYS = 12, 10


def outcomes(name: str) -> list[Row]:
    """Ten days of twelve units of one size, treated in the second five: 30 more a day, but for `nothing there`."""
    draw = np.random.default_rng(8)
    days = 13 if name == "cooling" else DAYS
    first = PLANS[name].get("starts_on", STARTS) - timedelta(days=5)
    if name == "by the file's periods":
        first = STARTS - timedelta(days=5)
    treated = range(3 if name == "did few" else UNITS // 2)
    rows: list[Row] = []
    for unit in range(UNITS):
        for day, noise in zip(range(days), draw.normal(0, 5, days), strict=True):
            effect = 30 if day >= 5 and unit in treated and name != "nothing there" else 0
            drift = 4 * day if name == "did moved apart" and unit in treated else 0
            value = round(100 + unit + noise + effect + drift, 4)
            row = {
                "experiment_id": name,
                "unit_id": f"u{unit:02}",
                "is_treated": unit in treated,
                "date": first + timedelta(days=day),
                "value": value,
            }
            row |= {"outcome": None if name == "plain" else "revenue", "outcome_kind": None if name == "plain" else "money"}
            if name == "by the file's periods":
                row["period"] = ("pre", "test")[day >= 5] if day != 9 else "exclude"
            if name == "cost per unit":
                row["cost"] = 4 + 10 * (day >= 5) if unit in treated else 4
            rows.append(row)
    return rows


def further_outcomes() -> list[Row]:
    """A rate, with numerator and denominator, and a score of the plain test."""
    rows: list[Row] = []
    for row in outcomes("plain"):
        asked = 20 + int(row["unit_id"][1:])
        answered = round(asked * (row["value"] - 40) / 200)
        rows.append({**row, "outcome": "response", "outcome_kind": "rate", "value": answered, "denominator": asked})
        rows.append({**row, "outcome": "trust", "outcome_kind": "score", "value": row["value"] / 20})
    return rows


def estimated(warehouse: DbtWarehouse) -> None:
    warehouse.estimate("est_experiments", "est_experiment_plans")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("experiments"))
    half_a_year(warehouse)
    warehouse.insert("experiments", *({**PLAN, **different, "experiment_id": name} for name, different in PLANS.items()))
    rows = [row for name in PLANS if name != "no outcome" for row in outcomes(name)] + further_outcomes()
    columns = sorted({column for row in rows for column in row})
    table = {column: np.array([row.get(column) for row in rows], dtype=object) for column in columns}
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create temp table given as select * from raw_files.experiment_outcomes limit 0")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"insert into given ({', '.join(columns)}) values ({marks})", list(zip(*table.values(), strict=True)))
        connection.execute(
            "insert into raw_files.experiment_outcomes by name "
            "select * replace ('o.csv' as _file, rowid as _line, false as _deleted) from given"
        )
    warehouse.insert("exchange_rates", {"date": STARTS, "currency": "EUR", "rate_to_reporting": 1.25})
    estimated(warehouse)
    warehouse.build("+roi_channel_summary")
    return warehouse


def read(warehouse: DbtWarehouse, mart: str, name: str, outcome: str = "revenue") -> dict[str, object]:
    with duckdb.connect(str(warehouse.path)) as connection:
        found = connection.execute(f"select * from {mart} where experiment_id = ? and outcome = ?", [name, outcome])
        (row,) = found.fetchall()
        return dict(zip([column[0] for column in found.description], row, strict=True))


def _change(rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([row["value"] for row in rows]).reshape(UNITS, -1)
    return values[:, 5:10].mean(axis=1) - values[:, :5].mean(axis=1), np.array([row["is_treated"] for row in rows[::DAYS]])


def test_a_randomised_test_is_of_grade_a_with_the_known_interval(built: DbtWarehouse) -> None:
    row = read(built, "core.experiments", "plain")
    change, treated = _change(outcomes("plain"))
    known = stats.ttest_ind(change[treated], change[~treated], equal_var=False).confidence_interval()
    assert (row["evidence_grade"], row["demoted_because"], row["suppressed_reason"], row["outcome_kind"]) == ("A", None, None, "money")
    assert (row["n_units"], row["n_treated"], row["n_control"], row["srm_p"]) == (12, 6, 6, pytest.approx(1))
    assert (row["effect_lo"], row["effect_hi"]) == pytest.approx((known.low, known.high), rel=1e-9)
    assert row["effect_total"] == pytest.approx(row["effect"] * 6 * 5, rel=1e-9)
    assert row["p_value"] == pytest.approx(2 / 924, rel=1e-9), "the most extreme of all assignments, and its mirror"


GRADES = {
    "late": ("C", "units were not assigned before the start", None),
    "uneven": ("C", "units are not shared out as planned (sample-ratio test)", None),
    "did": ("B", None, None),
    "did moved apart": ("C", "treated and control units moved apart before the test", None),
    "did few": ("C", "fewer than 4 treated units and no placebo test", None),
    "tbr": (None, None, "5 days before the test and 5 in it: at least 8 and 1 are needed"),
    "no outcome": (None, None, "no outcome was given for the days of the test"),
    "running": (None, None, "the test is not over"),
}


@pytest.mark.parametrize("name", GRADES)
def test_a_design_that_failed_loses_its_grade_and_its_p(built: DbtWarehouse, name: str) -> None:
    row = read(built, "core.experiments", name)
    assert (row["evidence_grade"], row["demoted_because"], row["suppressed_reason"]) == GRADES[name]
    assert (row["effect"] is None) == (row["evidence_grade"] is None)
    assert (row["p_value"] is None) == (row["evidence_grade"] != "B")
    value = read(built, "roi.experiments", name)
    assert (value["iroi"] is None) == (row["evidence_grade"] != "B")
    if row["evidence_grade"] == "C":
        assert value["suppressed_reason"] == f"grade C: {row['demoted_because']}"


def test_rates_are_sums_over_sums_and_scores_are_means(built: DbtWarehouse) -> None:
    rows = further_outcomes()
    for outcome in ("response", "trust"):
        mine = [row for row in rows if row["outcome"] == outcome]
        value = np.array([row["value"] for row in mine]).reshape(UNITS, DAYS)
        base = np.array([row.get("denominator", 1) for row in mine]).reshape(UNITS, DAYS)
        change = value[:, 5:].sum(axis=1) / base[:, 5:].sum(axis=1) - value[:, :5].sum(axis=1) / base[:, :5].sum(axis=1)
        row = read(built, "core.experiments", "plain", outcome)
        assert row["effect"] == pytest.approx(change[:6].mean() - change[6:].mean(), rel=1e-9)
        total = row["effect"] * base[:6, 5:].sum() if outcome == "response" else None
        assert row["effect_total"] == (pytest.approx(total, rel=1e-9) if total else None)
        value = read(built, "roi.experiments", "plain", outcome)
        assert (value["iroi"], value["suppressed_reason"], value["is_primary"]) == (None, "the outcome is not money", False)


def test_the_return_is_the_margin_of_the_total_over_the_cost(built: DbtWarehouse) -> None:
    core, row = read(built, "core.experiments", "plain"), read(built, "roi.experiments", "plain")
    for limit in ("", "_lo", "_hi"):
        assert row[f"iroi{limit}"] == pytest.approx((core[f"effect_total{limit}"] * 0.5 - 400) / 400, rel=1e-9)
        assert row[f"iroas{limit}"] == pytest.approx(core[f"effect_total{limit}"] / 400, rel=1e-9)
    assert row["headline"] == ("tested, not conclusive" if row["iroi_lo"] < 0 < row["iroi_hi"] else "tested")
    nothing = read(built, "roi.experiments", "nothing there")
    assert nothing["effect_lo"] < 0 < nothing["effect_hi"] and nothing["p_value"] > 0.05
    assert nothing["iroi_hi"] < 0 and nothing["headline"] == "tested", "that it did not pay is a result"


def test_an_interval_over_zero_is_not_conclusive(built: DbtWarehouse, tmp_path: Path) -> None:
    warehouse = built.copy(tmp_path)
    warehouse.execute("update estimates.est_experiments set effect_total_lo = -effect_total where experiment_id = 'plain'")
    warehouse.build("core_experiments", "roi_experiments")
    assert read(warehouse, "roi.experiments", "plain")["headline"] == "tested, not conclusive"


def test_a_return_needs_cost_margin_and_rate(built: DbtWarehouse) -> None:
    row = read(built, "roi.experiments", "no cost")
    assert (row["iroi"], row["iroas"], row["suppressed_reason"]) == (None, None, "the experiment names no cost")
    assert row["incremental_margin"] is not None
    row = read(built, "roi.experiments", "cost per unit")
    assert row["cost"] == 6 * 5 * 10, "what treated units cost more than before"
    assert (row["iroi"], row["suppressed_reason"]) == (None, "the experiment names no margin rate")
    assert row["iroas"] == pytest.approx(row["effect_total"] / 300, rel=1e-9)
    euro, own = read(built, "roi.experiments", "in euro"), read(built, "roi.experiments", "repeated")
    assert (euro["cost"], euro["currency"]) == (500, "USD")
    assert euro["effect_total"] == pytest.approx(1.25 * own["effect_total"], rel=1e-9)
    assert euro["iroi"] == pytest.approx(own["iroi"], rel=1e-9), "a rate changes no return"
    row = read(built, "roi.experiments", "no rate")
    assert (row["effect"], row["iroi"], row["suppressed_reason"]) == (None, None, "no exchange rate for GBP on 2026-05-11")


def test_cooldown_counts_in_the_total_and_one_tail_has_no_upper_limit(built: DbtWarehouse) -> None:
    rows = outcomes("cooling")
    values = np.array([row["value"] for row in rows]).reshape(UNITS, 13)
    change = values[:, 5:].mean(axis=1) - values[:, :5].mean(axis=1)
    row = read(built, "core.experiments", "cooling")
    assert row["effect_total"] == pytest.approx(6 * 8 * (change[:6].mean() - change[6:].mean()), rel=1e-9)
    test = values[:, 5:10].mean(axis=1) - values[:, :5].mean(axis=1)
    known = stats.ttest_ind(test[:6], test[6:], equal_var=False, alternative="greater").confidence_interval(0.9)
    assert (row["effect_lo"], row["effect_hi"], row["level"], row["tails"]) == (pytest.approx(known.low, rel=1e-9), None, 0.9, 1)


def test_the_file_s_own_periods_stand_before_the_dates_of_the_plan(built: DbtWarehouse) -> None:
    rows = outcomes("by the file's periods")
    values = np.array([row["value"] for row in rows]).reshape(UNITS, DAYS)
    change = values[:, 5:9].mean(axis=1) - values[:, :5].mean(axis=1)
    assert read(built, "core.experiments", "by the file's periods")["effect"] == pytest.approx(
        change[:6].mean() - change[6:].mean(), rel=1e-9
    )


def test_a_test_is_quoted_beside_the_credit_of_its_channel_for_twelve_months(built: DbtWarehouse) -> None:
    rows = built.rows(
        "select month, channel, headline, evidence_grade, experiment_id, experiment_ends_on, experiment_units, iroi from roi.channel_summary"
    )
    for month, channel, headline, grade, experiment_id, ended, n_units, iroi in rows:
        if channel == "email" and ended is not None:
            assert month >= date(2026, 5, 1) and ended <= date(2026, 5, 15) and n_units == 12
            assert headline.startswith("tested") and grade in ("A", "B") and iroi is not None
        else:
            assert (headline, grade, experiment_id) == ("no causal estimate; credit, not effect", "D", None)
    quoted = {month for month, channel, *_, experiment_id, _, _, _ in rows if channel == "email" and experiment_id}
    assert quoted == {month for month, channel, *_ in rows if channel == "email" and month >= date(2026, 5, 1)} != set()


@pytest.mark.parametrize(("clock", "is_quoted"), [("2026-05-15 23:59:59", False), ("2026-05-16 00:00:00", True)])
def test_a_test_that_ends_later_in_the_month_is_not_quoted_yet(built: DbtWarehouse, tmp_path: Path, clock: str, is_quoted: bool) -> None:
    warehouse = built.copy(tmp_path)
    warehouse.execute(f"update raw_goodwill.clock set as_of = '{clock}'")
    warehouse.build("int_clock", "roi_channel_summary")
    rows = warehouse.rows("select experiment_id is not null from roi.channel_summary where channel = 'email' and month = '2026-05-01'")
    assert rows == [(is_quoted,)]


def test_where_no_test_may_be_quoted_the_one_that_would_give_an_effect_stands(built: DbtWarehouse, tmp_path: Path) -> None:
    assert not built.rows("select * from estimates.est_experiment_plans where is_proposed or reason is null"), "ten days bear no plan"
    warehouse = built.copy(tmp_path)
    warehouse.execute("delete from estimates.est_experiment_plans")
    warehouse.execute(
        "insert into estimates.est_experiment_plans values ('towns', 'geo', 'randomised', 4, 40, 20, 0.07, 0.8, 0.95, true, null)"
    )
    warehouse.build("roi_channel_summary")
    rows = warehouse.rows("select experiment_id, plan_units, plan_weeks, plan_detectable_effect from roi.channel_summary")
    assert {experiment_id is None for experiment_id, *_ in rows} == {True, False}
    assert all(plan == ([None] * 3 if experiment_id else [40, 4, 0.07]) for experiment_id, *plan in rows)


def test_a_second_estimate_changes_nothing(built: DbtWarehouse, tmp_path: Path) -> None:
    again = built.copy(tmp_path)
    before = again.rows("select * from estimates.est_experiments order by all")
    estimated(again)
    assert again.rows("select * from estimates.est_experiments order by all") == before != []


def test_the_demo_company_s_towns_show_what_was_planted(tmp_path: Path) -> None:
    world, warehouse = build(days=365, accounts=5), DbtWarehouse(tmp_path)
    with duckdb.connect(str(warehouse.path)) as connection:
        for entity, table in (("experiments", world.experiments), ("experiment_outcomes", world.experiment_outcomes)):
            connection.register("given", table)
            connection.execute(
                f"insert into raw_files.{entity} by name select *, 'f' as _file, row_number() over () as _line, false as _deleted from given"
            )
    estimated(warehouse)
    warehouse.build("+roi_experiments")
    rows = warehouse.rows("select outcome, effect_pct_lo, effect_pct_hi, evidence_grade, p_value from core.experiments")
    assert {row[0] for row in rows} == {"revenue", "mentions"}
    for outcome, lo, hi, grade, p in rows:
        planted = 100 * {"revenue": EXPERIMENT_REVENUE_LIFT, "mentions": EXPERIMENT_MENTIONS_LIFT}[outcome]
        assert 0 < lo < planted < hi
        assert (grade, p < 0.05) == ("A", True)
    assert warehouse.rows("select headline, suppressed_reason from roi.experiments where outcome = 'revenue'") == [("tested", None)]
    ((history, n_units, effect),) = warehouse.rows(
        "select history, n_units, detectable_effect from estimates.est_experiment_plans where is_proposed"
    )
    assert (history, n_units) == ("towns-2026-spring", 40) and effect < 0.10

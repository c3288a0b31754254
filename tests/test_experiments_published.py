"""Data of published studies, handed in with the required columns alone -> core.experiments has the published result; what is not whole has none."""

import duckdb
import pandas as pd
import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.experiment_worlds import DAYS, DESIGNED, PUBLISHED, worlds

NAMES = {"experiment_id": None, "shares_units_with": None}  # in which the same test under two names may differ


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("published"))
    with duckdb.connect(str(warehouse.path)) as connection:
        for entity, rows in zip(("experiments", "experiment_outcomes"), worlds(), strict=True):
            connection.register("given", rows)
            connection.execute(
                f"insert into raw_files.{entity} by name select *, 'f' as _file, row_number() over () as _line, false as _deleted from given"
            )
            connection.unregister("given")
    warehouse.estimate("est_experiments")
    warehouse.build("+roi_experiments")
    return warehouse


def read(warehouse: DbtWarehouse, name: str, mart: str = "core.experiments") -> dict:
    with duckdb.connect(str(warehouse.path)) as connection:
        found = connection.execute(f"select * from {mart} where experiment_id = ?", [name])
        (row,) = found.fetchall()
        return dict(zip([column[0] for column in found.description], row, strict=True))


# Published results.


def test_proposition_99_has_the_published_synthetic_control(built: DbtWarehouse) -> None:
    """Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, table 1: synthetic control -19.6, demeaned (DIFP) -11.1 packs a head and year."""
    row = read(built, "proposition 99")
    assert row["effect"] == pytest.approx(-19.6, abs=0.15)  # the least squares weights to the last digit give -19.51
    assert row["effect_demeaned"] == pytest.approx(-11.1, abs=0.05)
    assert (row["n_treated"], row["n_control"], row["evidence_grade"], row["demoted_because"]) == (1, 38, "B", None)
    assert row["effect_lo"] < row["effect"] < row["effect_hi"] and row["p_value"] == pytest.approx(3 / 39)
    assert row["prefit_rmspe_pct"] < 2


def test_a_panel_that_marks_the_treated_years_alone_is_read_alike(built: DbtWarehouse) -> None:
    row, same = (read(built, name) for name in ("proposition 99", "proposition 99 by years"))
    assert {**row, **NAMES} == {**same, **NAMES}


def test_proposition_99_as_a_difference_in_differences_gives_the_published_one_and_is_refused(built: DbtWarehouse) -> None:
    """The same table: -27.3. One treated state has no standard error of its own: the row says why instead."""
    row = read(built, "proposition 99 as did")
    assert (row["effect"], row["suppressed_reason"]) == (None, "fewer than 2 treated or 2 control units")
    wide = pd.read_csv(PUBLISHED / "cigarettes.csv").set_index("Year")
    change = wide.loc[1989:].mean() - wide.loc[:1988].mean()
    assert change["california"] - change.drop("california").mean() == pytest.approx(-27.3, abs=0.06)


def test_the_seat_belt_law_has_the_published_effect_on_front_passengers(built: DbtWarehouse) -> None:
    """Harvey and Durbin 1986: 30 per cent fewer killed and seriously injured in front, 3 per cent more behind; here one against the other."""
    row = read(built, "seat belts")
    assert row["effect_pct"] == pytest.approx(-30, abs=1)
    assert row["effect_pct_lo"] < -30 < row["effect_pct_hi"] < -20
    assert (row["evidence_grade"], row["demoted_because"]) == ("B", None)
    assert "months" in row["method"] and "REML AR(1)" in row["method"]


def test_job_training_has_the_published_effect(built: DbtWarehouse) -> None:
    """Dehejia and Wahba 1999, table 4: 1,794 dollars; Neyman's standard error 671 (Imbens and Rubin 2015)."""
    row = read(built, "training")
    assert row["effect"] == pytest.approx(1794.34, abs=0.01)
    assert (row["effect_hi"] - row["effect_lo"]) / 2 == pytest.approx(1.967 * 671, rel=2e-3)
    assert (row["n_treated"], row["n_control"], row["evidence_grade"]) == (185, 260, "A")


# What every design must do.

DESIGNS = pytest.mark.parametrize("design", DESIGNED)


@DESIGNS
def test_a_planted_effect_is_found_and_nothing_is_not(built: DbtWarehouse, design: str) -> None:
    row, nothing = read(built, f"{design} plain"), read(built, f"{design} nothing")
    assert (row["evidence_grade"], row["demoted_because"], row["suppressed_reason"], row["interval_reason"]) == ("B", None, None, None)
    assert 0 < row["effect_lo"] < 12 < row["effect_hi"] and row["p_value"] < 0.05
    assert row["effect_total_lo"] < 12 * 5 * 20 < row["effect_total_hi"]
    assert nothing["effect_lo"] < 0 < nothing["effect_hi"] and nothing["p_value"] > 0.05
    value = read(built, f"{design} plain", "roi.experiments")
    assert value["iroi"] == pytest.approx(value["effect_total"] * 0.5 / 600 - 1, rel=1e-9)
    assert value["iroas_lo"] == pytest.approx(value["effect_total_lo"] / 600, rel=1e-9)


@DESIGNS
def test_neither_the_order_of_rows_nor_the_unit_of_money_matters(built: DbtWarehouse, design: str) -> None:
    row, shuffled, cents = (read(built, f"{design} {name}", "roi.experiments") for name in ("plain", "shuffled", "in cents"))
    assert {**row, **NAMES} == {**shuffled, **NAMES}
    for name in ("iroi", "iroi_lo", "iroi_hi", "effect_pct", "effect_pct_lo", "p_value"):
        assert cents[name] == pytest.approx(row[name], rel=1e-6)
    assert cents["effect"] == pytest.approx(100 * row["effect"], rel=1e-6)


@DESIGNS
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stops", "outcomes stop on 2026-03-05, before the end of the test"),
        ("both", "1 units are both treated and untreated"),
        ("level", "level 95 and tails 2: a level lies between 0 and 1, and tails are 1 or 2"),
        ("half shares", "some rows of the rate have a denominator and some have none"),
    ],
)
def test_what_is_not_whole_has_a_reason_and_no_number(built: DbtWarehouse, design: str, name: str, reason: str) -> None:
    row = read(built, f"{design} {name}")
    assert row["suppressed_reason"] == reason
    numbers = [row[f"{what}{limit}"] for what in ("effect", "effect_total", "effect_pct") for limit in ("", "_lo", "_hi")]
    assert set(numbers) == {None} and (row["p_value"], row["evidence_grade"]) == (None, None)


@DESIGNS
def test_without_a_control_only_an_interrupted_series_says_anything_and_less(built: DbtWarehouse, design: str) -> None:
    row = read(built, f"{design} alone")
    if design == "its":
        assert (row["evidence_grade"], row["suppressed_reason"], row["n_control"]) == ("B-", None, 0)
    else:
        assert (row["evidence_grade"], row["effect"]) == (None, None)
        assert row["suppressed_reason"] == "no control unit has an outcome on every day"


@DESIGNS
def test_units_that_lack_days_are_left_out_and_counted(built: DbtWarehouse, design: str) -> None:
    row = read(built, f"{design} holes")
    assert (row["n_control"], row["evidence_grade"]) == (22, "B")
    assert row["method"].endswith("2 units without a full record left out")


@DESIGNS
def test_a_rate_is_of_sums_and_its_total_is_of_cases(built: DbtWarehouse, design: str) -> None:
    row, cases = read(built, f"{design} shares"), 500 + pd.Series(DAYS[50:]).dt.day.mod(3).sum() / 20
    assert row["effect_lo"] < 12 / 501 < row["effect_hi"]
    assert row["effect_total"] == pytest.approx(row["effect"] * cases * 5 * 20, rel=1e-9)
    assert read(built, f"{design} shares", "roi.experiments")["suppressed_reason"] == "the outcome is not money"


@pytest.mark.parametrize("design", [*DESIGNED, "did", "randomised"])
@pytest.mark.parametrize(("kind", "planted", "unit"), [("count", 12, "number per unit and day"), ("score", 0.12, "points of the score")])
def test_counts_and_scores_have_an_effect_in_their_own_unit_and_no_return(
    built: DbtWarehouse, design: str, kind: str, planted: float, unit: str
) -> None:
    """The plan names cost, margin rate and another outcome that decides: none of them turns answers into money."""
    row, value = read(built, f"{design} {kind}"), read(built, f"{design} {kind}", "roi.experiments")
    assert (row["evidence_grade"], row["suppressed_reason"], row["outcome_kind"]) == ("A" if design == "randomised" else "B", None, kind)
    assert 0 < row["effect_lo"] < planted < row["effect_hi"] and row["p_value"] < 0.05
    assert row["effect_total"] == (None if kind == "score" else pytest.approx(row["effect"] * 5 * 20, rel=1e-9))
    assert (row["effect_unit"], value["effect_unit"], row["currency"]) == (unit, unit, None)
    money = [value[name] for name in ("iroi", "iroi_lo", "iroi_hi", "iroas", "iroas_lo", "iroas_hi", "incremental_margin")]
    assert set(money) == {None} and value["suppressed_reason"] == "the outcome is not money"
    assert (value["headline"], value["is_primary"]) == ("tested", False), "that answers rose is a result without a return"


@pytest.mark.parametrize(
    ("name", "unit", "fault"),
    [
        ("moved before in trust", "points of the score", "the last days before the test show an effect where there was none"),
        ("moved apart in answers", "share", "treated and control units moved apart before the test"),
        ("outside in answers", "number per unit and day", "the fit before the test misses the mean by"),
    ],
)
def test_what_is_not_money_is_demoted_by_the_same_rules(built: DbtWarehouse, name: str, unit: str, fault: str) -> None:
    row, value = read(built, name), read(built, name, "roi.experiments")
    assert (row["evidence_grade"], row["p_value"], row["effect_unit"]) == ("C", None, unit)
    assert fault in row["demoted_because"] and row["effect"] is not None
    assert (value["headline"], value["iroi"], value["suppressed_reason"]) == (None, None, "the outcome is not money")


def test_a_margin_rate_makes_money_of_what_is_called_revenue_alone(built: DbtWarehouse) -> None:
    found = built.rows(
        "select outcome, outcome_kind, effect_unit, iroi is null from roi.experiments where experiment_id = 'two without a kind' order by 1"
    )
    assert found == [("mentions", "count", "number per unit and day", True), ("revenue", "money", "USD per unit and day", False)]


@pytest.mark.parametrize("design", [*DESIGNED, "did", "randomised"])
def test_an_outcome_that_never_moves_has_a_reason_and_stops_nothing(built: DbtWarehouse, design: str) -> None:
    row = read(built, f"{design} still")
    assert (row["effect_lo"], row["effect_hi"], row["p_value"]) == (None, None, None)
    said = row["suppressed_reason"] or row["interval_reason"]
    assert "vary" in said or "without error" in said


def test_a_plan_that_cannot_be_is_told_so(built: DbtWarehouse) -> None:
    assert read(built, "backwards")["suppressed_reason"] == "the test ends before it starts"
    row = read(built, "margin in per cent", "roi.experiments")
    assert (row["iroi"], row["iroi_lo"], row["incremental_margin"]) == (None, None, None)
    assert row["suppressed_reason"] == "margin rate 50.0: a part of revenue lies between 0 and 1"
    assert row["iroas"] == pytest.approx(row["effect_total"] / 600, rel=1e-9), "revenue over cost needs no margin"


def test_a_design_that_failed_its_own_check_is_demoted(built: DbtWarehouse) -> None:
    row = read(built, "moved before")
    assert (row["evidence_grade"], row["p_value"]) == ("C", None)
    assert "the last days before the test show an effect where there was none" in row["demoted_because"]
    row = read(built, "outside")
    assert row["evidence_grade"] == "C" and row["prefit_rmspe_pct"] > 10
    assert row["demoted_because"] == f"the fit before the test misses the mean by {round(row['prefit_rmspe_pct'], 1)} %"


def test_too_few_donors_leave_a_p_without_an_interval(built: DbtWarehouse) -> None:
    row = read(built, "eight donors")
    assert (row["effect_lo"], row["effect_hi"], row["evidence_grade"]) == (None, None, "B")
    assert row["interval_reason"] == "8 donors: an interval of 95 % by placebos needs 19"
    assert row["p_value"] * 9 == pytest.approx(round(row["p_value"] * 9))


def test_money_that_was_taken_away_has_a_return_too(built: DbtWarehouse) -> None:
    row = read(built, "switched off", "roi.experiments")
    assert row["cost"] == -4 * 5 * 20, "the control units went on spending"
    assert row["iroas"] == pytest.approx(row["effect_total"] / -400, rel=1e-9)
    assert row["iroas_lo"] < 12 / 4 < row["iroas_hi"] and row["iroi_lo"] < row["iroi"] < row["iroi_hi"]


def test_two_tests_of_the_same_units_at_the_same_time_warn_of_each_other(built: DbtWarehouse) -> None:
    """With its cooldown the first reaches into the second; controls of both, other regions and other kinds of unit are nothing to warn of."""
    names = ["first of two", "first of two without a cooldown", "second of two", "controls in both", "shops"]
    found = [read(built, name, mart)["shares_units_with"] for mart in ("core.experiments", "roi.experiments") for name in names]
    firsts = "first of two without a cooldown, second of two"
    assert found == 2 * [firsts, "first of two", "first of two", None, None]
    assert read(built, "second of two")["evidence_grade"] in ("B", "C")

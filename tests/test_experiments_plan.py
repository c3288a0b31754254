"""A history of units -> the experiment that would tell an effect: power by known answers, and held when it is carried out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from statsmodels.stats.power import TTestIndPower

from pipelines.cli import main
from pipelines.estimates.experiments.plans import History, Plan, detectable_difference, plans_of, power_of, proposed
from pipelines.estimates.experiments.units import Units, effect_of
from pipelines.plan import PlanError, read_history


def test_power_is_the_published_one() -> None:
    """Cohen 1988, table 2.4.1: 64 units in each group find half a standard deviation with power .80, 26 find .8 at level .95."""
    assert power_of(0.5, 64, 64) == pytest.approx(0.80, abs=0.005)
    assert power_of(0.8, 26, 26) == pytest.approx(0.80, abs=0.01)
    assert power_of(0.0, 30, 30) == pytest.approx(0.05)


@pytest.mark.parametrize(("n_treated", "n_control"), [(10, 10), (4, 16), (200, 800)])
@pytest.mark.parametrize("tails", [1, 2])
def test_power_is_that_of_the_noncentral_t(n_treated: int, n_control: int, tails: int) -> None:
    known, how = TTestIndPower(), "two-sided" if tails == 2 else "larger"
    difference = detectable_difference(n_treated, n_control, 0.8, 0.95, tails)
    assert known.power(difference, n_treated, 0.05, n_control / n_treated, alternative=how) == pytest.approx(0.8, abs=1e-6)


def towns(draw: np.random.Generator, n: int = 40, weeks: int = 40) -> np.ndarray:
    """Weekly money of towns of unlike size, whose level wanders a little."""
    level = np.cumsum(draw.normal(0, 0.03, (n, weeks)), axis=1) * 0.7 + draw.normal(0, 0.08, (n, weeks))
    return np.exp(draw.normal(6, 0.7, (n, 1)) + level)


def test_the_planned_power_is_met_when_the_test_is_carried_out() -> None:
    draw, found, planned = np.random.default_rng(12), [], []
    for _ in range(300):
        weekly = towns(draw, weeks=44)
        (plan,) = [plan for plan in plans_of(History("towns", "geo", weekly[:, :40], 40)) if (plan.design, plan.weeks) == ("randomised", 4)]
        planned.append(plan.detectable_effect)
        treated = np.argsort(draw.random(40)) < plan.n_treated
        before, test = weekly[:, 32:40].sum(axis=1), weekly[:, 40:].sum(axis=1) * (1 + plan.detectable_effect * treated)
        units = Units(
            kind="money",
            is_treated=treated,
            pre_value=before,
            pre_base=np.full(40, 56.0),
            test_value=test,
            test_base=np.full(40, 28.0),
            post_value=test,
            post_base=np.full(40, 28.0),
            block=np.zeros(40, dtype=np.int64),
            weight=np.ones(40),
            pre_slope=np.full(40, np.nan),
        )
        found.append(effect_of(units, "did").p_value <= 0.05)  # p of t: that of permutations costs seconds and says the same
    assert np.mean(found) == pytest.approx(0.80, abs=0.06)
    assert 0.03 < np.mean(planned) < 0.15


def test_the_shortest_test_that_finds_a_tenth_is_proposed() -> None:
    def plan(weeks: int, effect: float, design: str = "randomised") -> Plan:
        return Plan("h", "geo", design, weeks, 40, 20, effect)

    assert proposed([plan(2, 0.2), plan(4, 0.09), plan(8, 0.05), plan(2, 0.01, "did")]) == plan(4, 0.09)
    assert proposed([plan(2, 0.4), plan(4, 0.3), plan(8, 0.2)]) == plan(8, 0.2)
    assert proposed([Plan("h", "geo", "randomised", None, 3, None, None, "3 units")]) is None


def test_a_quarter_of_the_spread_finds_a_quarter_of_the_effect_and_currency_does_not_matter() -> None:
    draw = np.random.default_rng(4)
    weekly = 100 + draw.normal(0, 8, (30, 30))
    plans = plans_of(History("h", "geo", weekly, 30))
    calmer = plans_of(History("h", "geo", 100 + (weekly - 100) / 4, 30))
    dearer = plans_of(History("h", "geo", weekly * 1000, 30))
    for plan, calm, dear in zip(plans, calmer, dearer, strict=True):
        assert calm.detectable_effect == pytest.approx(plan.detectable_effect / 4, rel=0.02)
        assert dear.detectable_effect == pytest.approx(plan.detectable_effect)


@pytest.mark.parametrize(
    ("weekly", "reason"),
    [(np.ones((3, 30)), "3 units: at least 8 are needed"), (np.ones((20, 3)), "3 weeks of history are too few")],
)
def test_a_history_that_bears_no_plan_says_why(weekly: np.ndarray, reason: str) -> None:
    (plan,) = plans_of(History("h", "geo", weekly, len(weekly)))
    assert (plan.detectable_effect, plan.reason) == (None, reason)


def history(path: Path) -> Path:
    weekly = towns(np.random.default_rng(1), 20, 21)
    days = pd.DataFrame(np.repeat(weekly, 7, axis=1) / 7).melt(ignore_index=False).reset_index()
    days.columns = ["unit", "day", "value"]
    days["date"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(days["day"].astype(int), unit="D")
    days[["unit", "date", "value"]].sample(frac=1, random_state=2).to_csv(path, index=False)
    return path


def test_a_file_of_units_and_days_is_planned_from_the_command_line(tmp_path: Path) -> None:
    path = history(tmp_path / "towns.csv")
    assert read_history(path).weekly.shape == (20, 20)
    said = CliRunner().invoke(main, ["experiment", "plan", "--file", str(path)])
    assert said.exit_code == 0, said.output
    assert "randomised" in said.output and "Proposed: draw 10 of 20 units of towns.csv by chance" in said.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unit,day,value\na,2026-01-01,1\n", "the column date is missing"),
        ("unit,date,value\na,2026-01-01,1\na,yesterday,2\n", "'yesterday'"),
        ("unit,date,value\na,2026-01-01,\n", "value is not a double"),
        ("unit,date,value\n", "has no row"),
    ],
)
def test_a_file_that_is_no_history_is_refused_with_its_fault(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(text)
    with pytest.raises(PlanError, match=said):
        read_history(path)
    assert CliRunner().invoke(main, ["experiment", "plan", "--file", str(path)]).exit_code == 1

"""relationships.surveys and .understanding against scipy and formulas worked by hand."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.dbt_warehouse import DbtWarehouse


def answers(
    dimension: str, scores: Sequence[Sequence[float]], scale: tuple[int, int], wave: str = "2026-05", **more: Any
) -> list[dict[str, Any]]:
    """One row per respondent and item; `scores[respondent][item]`."""
    return [
        {"wave": wave, "audience": "clients", "respondent_key": f"r{number}", "item": f"{dimension} {item}", "score": float(score)}
        | {"scale_min": scale[0], "scale_max": scale[1], "dimension": dimension, "answered_at": datetime(2026, 5, 4)}
        | more
        for number, items in enumerate(scores)
        for item, score in enumerate(items)
    ]


@pytest.fixture
def warehouse(tmp_path: Path) -> DbtWarehouse:
    return DbtWarehouse(tmp_path)


def surveys(warehouse: DbtWarehouse, columns: str) -> dict[tuple[str, str], tuple]:
    warehouse.build("+relationships_surveys")
    return {row[:2]: row[2:] for row in warehouse.rows(f"select wave, measure, {columns} from relationships.surveys")}


def test_net_promoter_score_has_the_adjusted_interval(warehouse: DbtWarehouse) -> None:
    warehouse.insert("surveys", *answers("nps", [[9]] * 60 + [[7]] * 30 + [[6]] * 30, (0, 10)))
    value, lo, hi, n = surveys(warehouse, "value, lo, hi, n")["2026-05", "nps"]
    # one more of each: 61 of 123 promote, 31 detract
    adjusted, variance = 30 / 123, (92 / 123 - (30 / 123) ** 2) / 123
    assert (value, n) == (25, 120)
    assert (lo, hi) == pytest.approx((100 * (adjusted - 1.959964 * variance**0.5), 100 * (adjusted + 1.959964 * variance**0.5)), abs=1e-4)


def test_trust_is_a_mean_of_items_with_its_reliability(warehouse: DbtWarehouse) -> None:
    random = np.random.default_rng(2)
    scores = np.clip(np.round(random.normal(4, 1.2, (40, 1)) + random.normal(0, 0.9, (40, 4))), 1, 7)
    put = answers("trust", scores, (1, 7))
    for row in put:
        if row["item"] == "trust 3":
            row |= {"score": 8 - row["score"], "is_reversed": True}
    warehouse.insert("surveys", *put)
    value, lo, hi, alpha, alpha_n = surveys(warehouse, "value, lo, hi, alpha, alpha_n")["2026-05", "opr_trust"]
    persons = 100 * (scores.mean(axis=1) - 1) / 6
    low, high = stats.t.interval(0.95, 39, persons.mean(), stats.sem(persons))
    assert (value, lo, hi) == pytest.approx((persons.mean(), low, high), abs=1e-4)
    assert alpha == pytest.approx(4 / 3 * (1 - scores.var(axis=0, ddof=1).sum() / scores.sum(axis=1).var(ddof=1)))
    assert alpha_n == 40


def test_satisfaction_counts_fours_and_fives_and_effort_is_one_to_seven(warehouse: DbtWarehouse) -> None:
    warehouse.insert(
        "surveys", *answers("csat", [[5]] * 10 + [[4]] * 14 + [[3]] * 16, (1, 5)), *answers("ces", [[2]] * 20 + [[4]] * 20, (1, 7))
    )
    found = surveys(warehouse, "value, unit")
    assert found["2026-05", "csat"] == (0.6, "share")
    assert found["2026-05", "ces"] == (3, "points, 1 to 7")


def test_few_answers_are_refused(warehouse: DbtWarehouse) -> None:
    warehouse.insert(
        "surveys",
        *answers("nps", [[9]] * 99, (0, 10), wave="a"),
        *answers("trust", [[9]] * 29, (0, 10), wave="a"),
        *answers("trust", [[9]] * 30, (0, 10), wave="b"),
    )
    invited = ({"wave": "b", "audience": "clients", "respondent_key": f"r{number}"} for number in range(151))
    warehouse.insert("survey_invitations", *invited)
    assert surveys(warehouse, "value, n, lo, suppressed_reason") == {
        ("a", "nps"): (None, None, None, "fewer than 100 respondents"),
        ("a", "opr_trust"): (None, None, None, "fewer than 30 respondents"),
        ("b", "opr_trust"): (None, None, None, "fewer than 20 % of the invited answered"),
    }


def test_understanding_is_welch_between_own_view_and_estimate(warehouse: DbtWarehouse) -> None:
    random = np.random.default_rng(5)
    views = {
        ("audience", "own"): random.integers(1, 6, (60, 1)),
        ("staff", "own"): random.integers(3, 8, (35, 1)),
        ("staff", "meta"): random.integers(2, 8, (35, 1)),
    }
    for (side, perspective), scores in views.items():
        warehouse.insert("surveys", *answers("trust", scores, (1, 7), respondent_side=side, perspective=perspective))
    warehouse.build("+relationships_understanding")
    rows = warehouse.rows("select measure, side, value, lo, hi, suppressed_reason from relationships.understanding")
    found = {row[:2]: row[2:] for row in rows}
    for measure, first, second in (
        ("accuracy", ("audience", "own"), ("staff", "meta")),
        ("agreement", ("audience", "own"), ("staff", "own")),
        ("congruency", ("staff", "own"), ("staff", "meta")),
    ):
        a, b = (100 * (views[view].ravel() - 1) / 6 for view in (first, second))
        interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
        assert found[measure, "staff"][:3] == pytest.approx((a.mean() - b.mean(), interval.low, interval.high), abs=1e-3)
    # nobody asked the audience for its estimate of the staff
    assert found["accuracy", "audience"] == (None, None, None, "fewer than 30 respondents on a side")

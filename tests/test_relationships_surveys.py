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
        ("audience", "meta"): random.integers(1, 8, (48, 1)),
    }
    for (side, perspective), scores in views.items():
        view = {"respondent_side": side, "perspective": perspective}
        warehouse.insert("surveys", *answers("trust", scores, (1, 7), **view))
        if view != {"respondent_side": "audience", "perspective": "meta"}:
            warehouse.insert("surveys", *answers("commitment", scores, (1, 7), **view))
    warehouse.build("+relationships_understanding")
    rows = warehouse.rows("select dimension, measure, side, value, lo, hi, suppressed_reason from relationships.understanding")
    found = {row[1:3]: row[3:] for row in rows if row[0] == "trust"}
    for measure, side, first, second in (
        ("accuracy", "staff", ("audience", "own"), ("staff", "meta")),
        ("agreement", "staff", ("audience", "own"), ("staff", "own")),
        ("congruency", "staff", ("staff", "own"), ("staff", "meta")),
        # the audience's side: how well it knows what the staff thinks
        ("accuracy", "audience", ("staff", "own"), ("audience", "meta")),
        ("agreement", "audience", ("staff", "own"), ("audience", "own")),
        ("congruency", "audience", ("audience", "own"), ("audience", "meta")),
    ):
        a, b = (100 * (views[view].ravel() - 1) / 6 for view in (first, second))
        interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
        assert found[measure, side][:3] == pytest.approx((a.mean() - b.mean(), interval.low, interval.high), abs=1e-3)
    # of commitment nobody asked the audience for its estimate of the staff
    found = {row[1:3]: row[3:] for row in rows if row[0] == "commitment"}
    assert found["accuracy", "audience"] == (None, None, None, "fewer than 30 respondents on a side")
    assert found["accuracy", "staff"][0] is not None


# Chatterjee and Price 1977, data set `attitude` of R: 30 departments, seven items in per cent.
ATTITUDE = """
43 63 71 61 81 43 58 71 72 67 64 67 69 68 77 81 74 65 65 50 50 64 53 40 63 66 78 48 85 82
51 64 70 63 78 55 67 75 82 61 53 60 62 83 77 90 85 60 70 58 40 61 66 37 54 77 75 57 85 82
30 51 68 45 56 49 42 50 72 45 53 47 57 83 54 50 64 65 46 68 33 52 52 42 42 66 58 44 71 39
39 54 69 47 66 44 56 55 67 47 58 39 42 45 72 72 69 75 57 54 34 62 50 58 48 63 74 45 71 59
61 63 76 54 71 54 66 70 71 62 58 59 55 59 79 60 79 55 75 64 43 66 63 50 66 88 80 51 77 64
92 73 86 84 83 49 68 66 83 80 67 74 63 77 77 54 79 80 85 78 64 80 80 57 75 76 78 83 74 78
45 47 48 35 47 34 35 41 31 41 34 41 25 35 46 36 63 60 46 52 33 41 37 49 33 72 49 38 55 39
"""


def test_alpha_of_a_published_example_with_the_required_columns_alone(warehouse: DbtWarehouse) -> None:
    """psych::alpha(attitude) in R: raw alpha .84."""
    scores = np.array([[float(score) for score in line.split()] for line in ATTITUDE.split("\n")[1:-1]]).T
    required = ("wave", "audience", "respondent_key", "item", "score", "scale_min", "scale_max")
    rows = answers("any", scores, (0, 100), wave="2024-Q3")
    warehouse.insert("surveys", *({name: row[name] for name in required} | {"item": row["item"].split()[1]} for row in rows))
    alpha, n, items_mean, low, wave_on = surveys(warehouse, "alpha, alpha_n, value, is_alpha_low, wave_on")["2024-Q3", "unnamed_scale"]
    assert (round(alpha, 2), n, low, f"{wave_on}") == (0.84, 30, False, "2024-07-01")
    assert items_mean == pytest.approx(scores.mean())


def test_an_incomplete_case_counts_for_the_mean_and_not_for_alpha(warehouse: DbtWarehouse) -> None:
    random = np.random.default_rng(4)
    scores = random.integers(1, 6, (40, 3))
    rows = answers("trust", scores, (1, 5))
    warehouse.insert("surveys", *(row for number, row in enumerate(rows) if number % 10))  # twelve answers are missing
    complete = [number for number in range(40) if all((number * 3 + item) % 10 for item in range(3))]
    alpha, alpha_n, n, low = surveys(warehouse, "alpha, alpha_n, n, is_alpha_low")["2026-05", "opr_trust"]
    kept = scores[complete]
    assert (alpha_n, n) == (len(complete), 40)
    assert alpha == pytest.approx(1.5 * (1 - kept.var(axis=0, ddof=1).sum() / kept.sum(axis=1).var(ddof=1)))
    assert low is True  # the items have nothing in common


def test_a_response_rate_of_a_fifth_is_enough(warehouse: DbtWarehouse) -> None:
    warehouse.insert("surveys", *answers("csat", [[5]] * 30, (1, 5)))
    warehouse.insert(
        "survey_invitations", *({"wave": "2026-05", "audience": "clients", "respondent_key": f"r{number}"} for number in range(150))
    )
    assert surveys(warehouse, "n, invited, response_rate, suppressed_reason")["2026-05", "csat"] == (30, 150, 0.2, None)


def test_more_answers_than_invitations_give_no_response_rate(warehouse: DbtWarehouse) -> None:
    """A list of invitations that is not whole is no share, and no reason to hold back the answers."""
    warehouse.insert("surveys", *answers("csat", [[5]] * 30, (1, 5)))
    warehouse.insert(
        "survey_invitations", *({"wave": "2026-05", "audience": "clients", "respondent_key": f"x{number}"} for number in range(20))
    )
    assert surveys(warehouse, "n, invited, response_rate, value, suppressed_reason")["2026-05", "csat"] == (30, 20, None, 1, None)


def test_an_odd_scale_from_1_to_10_has_the_same_promoters(warehouse: DbtWarehouse) -> None:
    warehouse.insert("surveys", *answers("nps", [[9]] * 50 + [[10]] * 20 + [[8]] * 20 + [[6]] * 30, (1, 10)))
    assert surveys(warehouse, "value")["2026-05", "nps"] == (pytest.approx(100 * 40 / 120),)


def test_whoever_rates_three_tickets_is_one_person_and_three_ratings(warehouse: DbtWarehouse) -> None:
    """A wave and its month say the same of the same answers; a respondent's mean says of two good ratings and a bad one that there was none."""
    warehouse.insert("surveys", *answers("csat", [[1, 1, 0]] * 30 + [[1, 1, 1]] * 10, (0, 1)))
    warehouse.build("+relationships_indicators")
    ((n, given, value, lo, hi),) = warehouse.rows("select n, answers, value, lo, hi from relationships.surveys")
    assert (n, given, value) == (40, 120, 0.75)
    rows = warehouse.rows(
        "select period_kind, numerator, denominator, value, lo, hi from relationships.indicators where indicator = 'csat' and period_kind in ('wave', 'month')"
    )
    assert {row[0]: row[1:] for row in rows} == {
        "wave": (90, 120, 0.75, lo, hi),
        "month": (90, 120, 0.75, pytest.approx(lo), pytest.approx(hi)),
    }


def test_whoever_answers_an_item_again_is_taken_at_the_later_word(warehouse: DbtWarehouse) -> None:
    """An export that begins with the newest answers: the line below is the older one."""
    for day, score in ((20, 6), (4, 2)):
        warehouse.insert("surveys", *answers("trust", [[score]] * 40, (1, 7), answered_at=datetime(2026, 5, day)))
    assert surveys(warehouse, "n, answers, round(value, 3)") == {("2026-05", "opr_trust"): (40, 40, 83.333)}


def test_waves_follow_each_other_by_date_or_number(warehouse: DbtWarehouse) -> None:
    """Means of 10, 40 and 90 in the order in which the waves were; `spring` was nobody knows when."""
    named = {
        "clients": ["Q1 2025", "Q2 2025", "Q1 2026"],
        "public": ["wave 1", "wave 2", "wave 10"],
        "suppliers": ["spring", "autumn", "yule"],
    }
    for audience, waves in named.items():
        for number, wave in enumerate(waves, 1):
            spread = [[10 * number**2 - 5], [10 * number**2 + 5]] * 20
            warehouse.insert("surveys", *answers("trust", spread, (0, 100), wave=wave, audience=audience, answered_at=None))
    warehouse.build("+relationships_surveys")
    found = dict(warehouse.rows("select wave, change from relationships.surveys"))
    assert [found[wave] for wave in named["clients"] + named["public"]] == [None, 30, 50] * 2
    assert [found[wave] for wave in named["suppliers"]] == [None] * 3


def test_understanding_changes_and_a_wave_is_one_family_of_tests(warehouse: DbtWarehouse) -> None:
    """Six dimensions, each answered on a day of its own, are tested together: the smallest p of all counts six times."""
    random = np.random.default_rng(8)
    dimensions = ("trust", "control_mutuality", "satisfaction", "commitment", "exchange", "communal")
    for month, shift in ((3, 0.0), (4, 0.4)):
        for day, dimension in enumerate(dimensions, 10):
            of_wave = {"wave": f"2026-{month:02}", "answered_at": datetime(2026, month, day)}
            warehouse.insert("surveys", *answers(dimension, random.normal(4 + shift, 1, (40, 1)).clip(1, 7), (1, 7), **of_wave))
            if dimension == "trust":
                staff = {"respondent_side": "staff", "perspective": "meta"}
                warehouse.insert("surveys", *answers(dimension, random.normal(5, 1, (40, 1)).clip(1, 7), (1, 7), **of_wave, **staff))
    warehouse.build("+relationships_indicators")
    accuracy = warehouse.rows(
        "select wave, value, lo, hi, change, change_lo, change_hi from relationships.understanding where measure = 'accuracy' and side = 'staff' order by wave"
    )
    (_, was, was_lo, was_hi, *_), (_, is_, lo, hi, change, change_lo, change_hi) = accuracy
    assert (change, change_lo) == pytest.approx((is_ - was, is_ - was - ((is_ - lo) ** 2 + (was_hi - was) ** 2) ** 0.5))
    assert change_hi == pytest.approx(is_ - was + ((hi - is_) ** 2 + (was - was_lo) ** 2) ** 0.5)
    tested = warehouse.rows(
        "select indicator, period_start, p_value, q_value from relationships.indicators where dimension_value = '2026-04' and p_value is not null"
    )
    assert {row[0] for row in tested} == {f"opr_{name}" for name in dimensions} | {"accuracy_trust"}
    assert {f"{row[1]}" for row in tested} == {"2026-04-01"}
    p = sorted(row[2] for row in tested)
    expected = [min(p[at] * len(p) / (at + 1) for at in range(at, len(p))) for at in range(len(p))]
    assert sorted(row[3] for row in tested) == pytest.approx(expected)

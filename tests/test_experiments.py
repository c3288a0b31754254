"""One number per unit -> effect, interval and p: known answers, and worlds whose effect is planted."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from pipelines.estimates.assignments import permutation_p
from pipelines.estimates.experiments.units import Units, contrast, effect_of

WORLDS = 500


def units(is_treated, before, test, *, kind="score", post=None, block=None, weight=None, base=1.0, **columns) -> Units:
    """Units by their sums; one day before and one in the test unless `base` says otherwise; `before` None means no day before."""
    treated, test = np.array(is_treated, dtype=bool), np.array(test, dtype=float)
    n = len(treated)
    return Units(
        kind=kind,
        is_treated=treated,
        pre_value=np.zeros(n) if before is None else np.array(before, dtype=float),
        pre_base=np.zeros(n) if before is None else np.full(n, base),
        test_value=test,
        test_base=np.full(n, base),
        post_value=test if post is None else np.array(post, dtype=float),
        post_base=np.full(n, base) if post is None else np.full(n, 2 * base),
        block=np.zeros(n, dtype=np.int64) if block is None else np.array(block, dtype=np.int64),
        weight=np.ones(n) if weight is None else np.array(weight, dtype=float),
        pre_slope=columns.pop("slope", np.full(n, np.nan)),
        **columns,
    )


@pytest.fixture
def drawn():
    draw = np.random.default_rng(11)
    treated = np.arange(30) < 12
    before = draw.normal(50, 10, 30)
    return treated, before, before + draw.normal(1, np.where(treated, 6, 2)) + 3 * treated


# Known answers.


def test_the_difference_is_welch_on_the_change(drawn) -> None:
    treated, before, test = drawn
    found = effect_of(units(treated, before, test), "did")
    known = stats.ttest_ind((test - before)[treated], (test - before)[~treated], equal_var=False)
    interval = known.confidence_interval(0.95)
    assert found.effect == pytest.approx(((test - before)[treated].mean() - (test - before)[~treated].mean(), interval.low, interval.high))
    # per cent of what would have been: what was shown less the effect, whichever effect it was
    shown = test[treated].mean()
    assert found.percent == pytest.approx(tuple(100 * effect / (shown - effect) for effect in found.effect))
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-10)


def test_units_that_differ_in_size_are_compared_by_their_growth(drawn) -> None:
    treated, _, _ = drawn
    draw = np.random.default_rng(5)
    before = np.exp(draw.normal(5, 1, 30))
    test = before * np.exp(0.1 * treated + draw.normal(0, 0.1, 30))
    found = effect_of(units(treated, before, test, kind="money"), "did")
    growth = np.log(test / before)
    known = stats.ttest_ind(growth[treated], growth[~treated], equal_var=False)
    lo, hi = known.confidence_interval(0.95)
    assert found.percent == pytest.approx(tuple(100 * np.expm1([growth[treated].mean() - growth[~treated].mean(), lo, hi])))
    # what treated units showed, less what they would have shown
    assert found.total == pytest.approx(
        tuple(test[treated].sum() * -np.expm1(-np.array([growth[treated].mean() - growth[~treated].mean(), lo, hi])))
    )
    assert found.effect == pytest.approx(tuple(np.array(found.total) / 12))


def test_pairs_are_compared_within_themselves() -> None:
    draw = np.random.default_rng(3)
    pairs = np.repeat(np.arange(10), 2)
    treated = np.tile([True, False], 10)
    y = draw.normal(size=20) + 5 * pairs + treated
    found = contrast(y, treated, pairs, np.ones(20))
    known = stats.ttest_rel(y[treated], y[~treated])
    assert found.limits(0.9, 2) == pytest.approx(tuple(known.confidence_interval(0.9)))
    assert found.p_value(2) == pytest.approx(known.pvalue)


def test_one_tail_has_a_lower_limit_alone(drawn) -> None:
    treated, before, test = drawn
    found = effect_of(units(treated, before, test), "did", level=0.9, tails=1)
    known = stats.ttest_ind((test - before)[treated], (test - before)[~treated], equal_var=False, alternative="greater")
    assert found.effect[1:] == (pytest.approx(known.confidence_interval(0.9).low), None)
    assert found.p_value == pytest.approx(known.pvalue)


def test_equal_weights_are_no_weights_and_a_weight_of_nothing_leaves_out(drawn) -> None:
    treated, before, test = drawn
    plain = effect_of(units(treated, before, test), "randomised")
    assert effect_of(units(treated, before, test, weight=np.full(30, 7.0)), "randomised").effect == pytest.approx(plain.effect)
    weight = np.where(np.arange(30) == 29, 0.0, 1.0)
    without = effect_of(units(treated[:29], before[:29], test[:29]), "randomised")
    assert effect_of(units(treated, before, test, weight=weight), "randomised").effect == pytest.approx(without.effect)


@pytest.mark.parametrize("tails", [1, 2])
def test_a_tiny_test_is_judged_over_every_assignment(tails: int) -> None:
    y = np.array([9.0, 7.5, 8.2, 3.1, 6.6, 7.0, 2.2])
    made = y[:3].mean() - y[3:].mean()
    others = [y[list(chosen)].mean() - np.delete(y, chosen).mean() for chosen in combinations(range(7), 3)]
    extreme = sum((abs(other) >= abs(made) - 1e-12) if tails == 2 else (other >= made - 1e-12) for other in others)
    p, how = permutation_p(y, np.arange(7) < 3, np.zeros(7, dtype=np.int64), np.ones(7), tails)
    assert (p, how) == (extreme / 35, "p over all 35 assignments")


def test_assignments_stay_within_their_blocks() -> None:
    y = np.array([10.0, 1, 20, 12, 33, 30])  # three pairs: 8 assignments, and all pairs say the same
    p, how = permutation_p(y, np.tile([True, False], 3), np.repeat([0, 1, 2], 2), np.ones(6), 2)
    assert (p, how) == (2 / 8, "p over all 8 assignments")


def test_many_assignments_are_drawn_by_a_seed_and_agree_with_scipy(drawn) -> None:
    treated, before, test = drawn
    y = test - before
    p, how = permutation_p(y, treated, np.zeros(30, dtype=np.int64), np.ones(30), 2)
    assert how == "p over 9,999 seeded assignments"
    known = stats.permutation_test(
        (y[treated], y[~treated]), lambda a, b: abs(a.mean() - b.mean()), n_resamples=20_000, alternative="greater", rng=1
    )
    assert p == pytest.approx(known.pvalue, abs=0.01)
    shuffled = np.random.default_rng(1).permutation(30)
    assert permutation_p(y, treated, np.zeros(30, dtype=np.int64), np.ones(30), 2)[0] == p
    assert permutation_p(y[shuffled], treated[shuffled], np.zeros(30, dtype=np.int64), np.ones(30), 2)[0] == pytest.approx(p, abs=0.01)


def test_slopes_before_the_test_are_compared(drawn) -> None:
    treated, before, test = drawn
    slope = np.random.default_rng(2).normal(size=30) + treated
    known = stats.ttest_ind(slope[treated], slope[~treated], equal_var=False)
    assert effect_of(units(treated, before, test, slope=slope), "did").pretrend_p == pytest.approx(known.pvalue)
    assert effect_of(units(treated, before, test), "did").pretrend_p is None


@pytest.mark.parametrize(
    ("treated", "test", "reason"),
    [
        ([1, 0, 0, 0], [1, 2, 3, 4], "fewer than 2 treated or 2 control units"),
        ([1, 1, 1, 1], [1, 2, 3, 4], "no treated or no control unit has outcomes both before and in the test"),
        ([1, 1, 0, 0], [5, 5, 5, 5], "the outcome does not vary among units"),
    ],
)
def test_too_little_gives_a_reason_and_no_number(treated, test, reason: str) -> None:
    found = effect_of(units(treated, [0, 0, 0, 0], test), "randomised")
    assert (found.effect, found.total, found.p_value, found.reason) == (None, None, None, reason)


def test_a_randomised_test_without_days_before_it_compares_the_test_alone(drawn) -> None:
    treated, _, test = drawn
    found = effect_of(units(treated, None, test), "randomised")
    assert found.method.startswith("test alone; Welch t")
    assert found.effect[0] == pytest.approx(test[treated].mean() - test[~treated].mean())
    assert effect_of(units(treated, None, test), "did").effect is None, "a difference-in-differences needs days before"


def test_the_total_is_over_test_and_cooldown_and_a_score_has_none(drawn) -> None:
    treated, before, test = drawn
    post = test + before + 2 * treated  # a second day after the test, with an effect of 2 left
    found = effect_of(units(treated, before, test, post=post, kind="count"), "randomised")
    growth = post / 2 - before
    assert found.total[0] == pytest.approx(12 * 2 * (growth[treated].mean() - growth[~treated].mean()))
    assert effect_of(units(treated, before, test, post=post), "randomised").total is None


# Planted truth: small worlds of geo tests, one seed.


def _worlds(lift: float, n: int, seed: int):
    """Geos of unlike size, n of them, half treated; days of one geo share its growth."""
    draw = np.random.default_rng(seed)
    size = np.exp(draw.normal(5, 0.8, (WORLDS, n)))
    treated = np.argsort(draw.random((WORLDS, n)), axis=1) < n // 2
    growth = draw.normal(0.02, 0.1, (WORLDS, n))
    return treated, size, size * np.exp(growth) * (1 + lift * treated)


def test_the_interval_covers_a_planted_effect() -> None:
    treated, before, test = _worlds(0.08, 20, 20)
    found = [effect_of(units(*world, kind="money"), "did") for world in zip(treated, before, test, strict=True)]
    assert 0.93 <= np.mean([lo <= 8 <= hi for _, lo, hi in (effect.percent for effect in found)]) <= 0.97
    assert np.mean([effect.percent[0] for effect in found]) == pytest.approx(8, abs=0.6)
    # what was planted in money: the part of the treated geos' test that would not have been
    true = (test * treated).sum(axis=1) * (1 - 1 / 1.08)
    assert 0.93 <= np.mean([effect.total[1] <= amount <= effect.total[2] for effect, amount in zip(found, true, strict=True)]) <= 0.97


def test_with_nothing_planted_about_one_in_twenty_is_a_false_alarm() -> None:
    treated, before, test = _worlds(0.0, 12, 21)
    found = [effect_of(units(*world, kind="money"), "randomised") for world in zip(treated, before, test, strict=True)]
    assert all("p over all 924 assignments" in effect.method for effect in found)
    assert 0.03 <= np.mean([effect.p_value <= 0.05 for effect in found]) <= 0.07
    assert 0.93 <= np.mean([effect.effect[1] <= 0 <= effect.effect[2] for effect in found]) <= 0.97


def test_a_trend_that_was_there_before_is_found_out_and_a_like_one_is_not() -> None:
    draw = np.random.default_rng(22)
    treated = np.arange(20) < 10
    shares = []
    for apart in (0.0, 2.0):
        slopes = draw.normal(0, 1, (WORLDS, 20)) + apart * treated
        worlds = (units(treated, draw.normal(50, 5, 20), draw.normal(50, 5, 20), slope=slope) for slope in slopes)
        shares.append(np.mean([effect_of(world, "did").pretrend_p < 0.10 for world in worlds]))
    assert shares[0] == pytest.approx(0.10, abs=0.035)
    assert shares[1] > 0.95

"""Engaged against not: known answers, another implementation, and worlds in which the truth is planted and the naive figure misses it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from statsmodels.discrete.discrete_model import Logit
from statsmodels.regression.linear_model import OLS
from statsmodels.treatment import treatment_effects
from statsmodels.treatment.treatment_effects import TreatmentEffect

from pipelines.estimates.adjusted_comparison import compare, e_value, logistic, matched_share, newcombe, wilson

WORLDS, CLIENTS, PLANTED = 500, 600, 0.25


def world(draw: np.random.Generator, hidden: float = 0.0, effect: float = PLANTED, n: int = CLIENTS):
    """Clients whose tenure and use make them both engage and stay; `hidden` is loyalty that nobody measured."""
    tenure, use, loyalty = draw.normal(size=(3, n))
    good = 0.7 * tenure + 0.6 * use + hidden * loyalty
    is_engaged = draw.random(n) < expit(-0.2 + good)
    kept = (draw.random(n) < expit(0.8 + good + effect * is_engaged)).astype(float)
    before = (draw.random(n) < expit(-0.3 + 0.5 * good)).astype(float)
    return is_engaged, kept, np.column_stack([tenure, use]), before


def truth(effect: float = PLANTED) -> float:
    tenure, use = np.random.default_rng(0).normal(size=(2, 2_000_000))
    good = 0.7 * tenure + 0.6 * use
    return float((expit(0.8 + good + effect) - expit(0.8 + good)).mean())


def worlds(seed: int, **settings):
    draw = np.random.default_rng(seed)
    return [compare(*world(draw, **settings)) for _ in range(WORLDS)]


# Known answers.


def test_the_published_e_values() -> None:
    # VanderWeele and Ding 2017: not breastfed, death by respiratory infection, risk ratio 3.9 (1.8 to 8.7)
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value(1.8) == pytest.approx(3.0, abs=1e-9)
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value(1.0) == 1.0


def test_the_published_difference_of_two_shares() -> None:
    # Newcombe 1998, example (a), method 10
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert wilson(10, 20)[1:] == pytest.approx((0.299298, 0.700702), abs=5e-7)


def test_the_logistic_regression_is_that_of_statsmodels() -> None:
    is_engaged, _, covariates, _ = world(np.random.default_rng(1), n=5_000)
    x = np.column_stack([np.ones(len(covariates)), covariates])
    assert logistic(x, is_engaged.astype(float)) == pytest.approx(Logit(is_engaged.astype(float), x).fit(disp=0).params, abs=1e-4)


def test_with_one_yes_or_no_covariate_every_method_agrees() -> None:
    """Then the models are saturated: AIPW is the standardised difference, by hand and by statsmodels."""
    draw = np.random.default_rng(2)
    large = draw.random(4_000) < 0.4
    is_engaged = draw.random(4_000) < np.where(large, 0.7, 0.3)
    kept = (draw.random(4_000) < np.where(large, 0.9, 0.6) + 0.03 * is_engaged).astype(float)
    found = compare(is_engaged, kept, large[:, None].astype(float))
    by_hand = sum(
        (large == side).mean() * (kept[is_engaged & (large == side)].mean() - kept[~is_engaged & (large == side)].mean())
        for side in (True, False)
    )
    x = np.column_stack([np.ones(4_000), large.astype(float)])
    other = TreatmentEffect(OLS(kept, x), is_engaged.astype(int), results_select=Logit(is_engaged.astype(int), x).fit(disp=0)).aipw()
    assert found.adjusted[0] == pytest.approx(by_hand, abs=1e-6)
    assert found.adjusted[0] == pytest.approx(float(np.ravel(other.effect)[0]), abs=1e-6)
    assert found.adjusted[2] - found.adjusted[1] == pytest.approx(np.ptp(np.ravel(other.conf_int()[0])), rel=0.02)
    assert found.stratified[0] == pytest.approx(by_hand, abs=0.01)
    assert found.smd_before > 0.5 and found.smd_after < 1e-4 and found.matched_share == 1.0


def test_the_published_effect_of_smoking_on_birthweight() -> None:
    """Cattaneo 2010, 4,642 births: the means differ by 275 grams, Stata's teffects aipw has -230.99 with a standard error of 26.2
    (probit and linear models); the models here are logistic, of weight as a share of 6 kg."""
    path = Path(treatment_effects.__file__).parent / "tests" / "results" / "cataneo2.csv"
    if not path.exists():
        pytest.skip("statsmodels came without its tests")
    births = pd.read_csv(path)
    smokes, kilos = births["mbsmoke_"].to_numpy() == 1, births["bweight"].to_numpy() / 6000
    of_mother = births[["mmarried_", "mage", "mage2", "fbaby_", "medu", "prenatal1_"]].to_numpy(dtype=float)
    found = compare(smokes, kilos, of_mother)
    grams = [6000 * figure for figure in found.adjusted]
    assert 6000 * (kilos[smokes].mean() - kilos[~smokes].mean()) == pytest.approx(-275.25, abs=0.01)
    assert grams[0] == pytest.approx(-230.99, abs=1.5)
    assert (grams[2] - grams[1]) / (2 * 1.96) == pytest.approx(26.2, rel=0.06)
    assert 6000 * found.stratified[0] == pytest.approx(-230.99, abs=1.5)


def test_a_comparable_other_is_one_within_the_caliper() -> None:
    logit = np.array([-2.0, 0.0, 1.0, 5.0, 0.05, 1.02, -0.9])
    is_engaged = np.array([1, 1, 1, 1, 0, 0, 0], dtype=bool)
    # the caliper is 0.2 x the pooled spread, 0.39 here: -2 and 5 among the engaged and -0.9 among the others have nobody
    assert matched_share(is_engaged, expit(logit)) == pytest.approx(4 / 7)


# Planted truth.


def test_the_naive_figure_misses_what_the_adjusted_one_covers() -> None:
    found, planted = worlds(3), truth()
    assert all(each.reason is None for each in found)
    assert np.mean([each.naive[0] for each in found]) > planted + 0.12, (
        "the planted confounding is that of METRICS: 4 points look like 15 or more"
    )
    assert np.mean([each.naive[1] <= planted <= each.naive[2] for each in found]) < 0.1
    assert np.mean([each.adjusted[0] for each in found]) == pytest.approx(planted, abs=0.005)
    assert 0.93 <= np.mean([each.adjusted[1] <= planted <= each.adjusted[2] for each in found]) <= 0.975
    assert 0.85 <= np.mean([each.stratified[1] <= planted <= each.stratified[2] for each in found]) <= 0.97
    assert max(each.smd_after for each in found) < min(each.smd_before for each in found)
    assert 0.02 <= np.mean([each.negative_control_p < 0.05 for each in found]) <= 0.08


def test_with_no_effect_about_one_in_twenty_is_a_false_alarm() -> None:
    found = worlds(4, effect=0.0)
    excluded = [not each.adjusted[1] <= 0 <= each.adjusted[2] for each in found]
    assert 0.03 <= np.mean(excluded) <= 0.075
    assert {each.e_value_limit for each, out in zip(found, excluded, strict=True) if not out} == {1.0}
    assert all(each.e_value >= each.e_value_limit >= 1 for each in found)


def test_loyalty_that_nobody_measured_is_missed_and_the_negative_control_tells() -> None:
    found, planted = worlds(5, hidden=1.0), truth()
    assert np.mean([each.adjusted[1] <= planted <= each.adjusted[2] for each in found]) < 0.3
    assert np.mean([each.negative_control_p < 0.05 for each in found]) > 0.5


# What it refuses, and what changes nothing.


@pytest.mark.parametrize(
    ("n1", "lost", "reason"),
    [
        (0, 10, "none was engaged"),
        (100, 10, "all were engaged"),
        (20, 10, "too few engaged clients (n = 20, 30 needed)"),
        (60, 3, "too few engaged clients were lost (3, 5 needed)"),
    ],
)
def test_too_little_is_refused_and_the_naive_figure_stays(n1: int, lost: int, reason: str) -> None:
    is_engaged, kept = np.arange(100) < n1, np.ones(100)
    kept[:lost] = 0
    kept[60:75] = 0
    found = compare(is_engaged, kept, np.random.default_rng(1).normal(size=(100, 1)))
    assert (found.adjusted, found.stratified, found.e_value, found.reason) == (None, None, None, reason)
    assert (found.naive is None) == (n1 in (0, 100))


def test_groups_without_overlap_are_refused() -> None:
    draw = np.random.default_rng(6)
    is_engaged = np.arange(200) < 100
    spend = np.where(is_engaged, draw.normal(10, 1, 200), draw.normal(0, 1, 200))
    found = compare(is_engaged, (draw.random(200) < 0.6).astype(float), spend[:, None])
    assert found.adjusted is None and found.reason.startswith("the groups are too unlike: only ")
    assert found.naive is not None and found.smd_before > 3


def test_order_scale_and_a_constant_covariate_change_nothing() -> None:
    is_engaged, kept, covariates, before = world(np.random.default_rng(7))
    found = compare(is_engaged, kept, covariates, before)
    shuffled = np.random.default_rng(8).permutation(CLIENTS)
    assert compare(is_engaged[shuffled], kept[shuffled], covariates[shuffled], before[shuffled]) == found
    other = compare(is_engaged, kept, np.column_stack([covariates * [100, 0.01] + 7, np.ones(CLIENTS)]), before)
    assert other.adjusted == pytest.approx(found.adjusted, rel=1e-9)
    assert other.matched_share == found.matched_share


def test_exposure_turned_round_turns_the_sign() -> None:
    is_engaged, kept, covariates, _ = world(np.random.default_rng(9))
    value, lo, hi = compare(is_engaged, kept, covariates).adjusted
    assert compare(~is_engaged, kept, covariates).adjusted == pytest.approx((-value, -hi, -lo), abs=1e-9)

"""Arrays of time -> effects: synthetic control, interrupted time series and time-based regression against oracles and planted truth."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from scipy.signal import lfilter

from pipelines.estimates.experiments.autocorrelation import fit, fit_at
from pipelines.estimates.experiments.interrupted_time_series import interrupted_time_series
from pipelines.estimates.experiments.panels import Panel, panel_effect, seasons, steps
from pipelines.estimates.experiments.synthetic_control import simplex_weights, synthetic_control
from pipelines.estimates.experiments.time_based_regression import time_based_regression


def remembering(draw: np.random.Generator, shape: tuple[int, ...], rho: float, sd: float = 1.0) -> np.ndarray:
    """Errors of AR(1) along the last axis."""
    fresh = draw.normal(0, sd * np.sqrt(1 - rho**2), (*shape[:-1], shape[-1] + 100))
    return lfilter([1], [1, -rho], fresh, axis=-1)[..., 100:]


# Regression with AR(1) errors.


@pytest.fixture(params=[False, True], ids=["every day", "days missing"])
def series(request: pytest.FixtureRequest):
    draw, time = np.random.default_rng(4), np.arange(60)
    if request.param:
        time = np.delete(time, [5, 6, 20, 33])
    after = time >= 40
    design = np.column_stack([np.ones(len(time)), time, after, np.where(after, time - 40, 0)]).astype(float)
    return 3 + 0.2 * time + 2 * after + remembering(draw, (60,), 0.5)[time], design, time


def test_the_correlation_is_where_the_restricted_likelihood_of_the_whole_matrix_is_largest(series) -> None:
    y, design, time = series

    def loss(rho: float) -> float:
        """Minus the log of Patterson and Thompson's likelihood, by the T x T matrix."""
        inverse = np.linalg.inv(rho ** np.abs(np.subtract.outer(time, time)).astype(float))
        normal = design.T @ inverse @ design
        error = y - design @ np.linalg.solve(normal, design.T @ inverse @ y)
        left = len(y) - design.shape[1]
        variance = error @ inverse @ error / left
        return 0.5 * (left * (np.log(2 * np.pi * variance) + 1) - np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(normal)[1])

    known = optimize.minimize_scalar(loss, bounds=(0.01, 0.98), method="bounded", options={"xatol": 1e-9})
    found = fit(y, design, time)
    assert found.rho == pytest.approx(known.x, abs=2e-6)
    assert found.log_likelihood == pytest.approx(-known.fun, abs=1e-9)


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.7])
def test_at_a_known_correlation_it_is_generalised_least_squares(series, rho: float) -> None:
    y, design, time = series
    gaps = np.abs(np.subtract.outer(time, time))
    known = sm.GLS(y, design, sigma=np.sign(rho) ** gaps * np.abs(rho) ** gaps if rho else np.eye(len(y))).fit()
    found = fit_at(y, design, time, rho)
    assert found.coefficients == pytest.approx(known.params, rel=1e-8)
    assert found.covariance == pytest.approx(known.cov_params(), rel=1e-8)


def test_the_nile_fell_by_the_published_amount_when_aswan_was_dammed() -> None:
    """Cobb 1978: mean 1097.75 until 1898 and 849.97 from 1899 on."""
    data = sm.datasets.nile.load_pandas().data
    year, after = data["year"].to_numpy(np.int64), data["year"].to_numpy() >= 1899
    found = fit_at(data["volume"].to_numpy(), np.column_stack([np.ones(100), after]), year, 0.0)
    assert found.coefficients == pytest.approx([1097.75, 849.9722 - 1097.75], abs=1e-4)


# Steps and seasons.


def test_months_and_weeks_and_days_are_counted_in_their_own_steps() -> None:
    months = np.arange("2024-01", "2026-01", dtype="datetime64[M]")
    assert steps(months.astype("datetime64[D]")).tolist() == list(range(24))
    assert steps((months + 1).astype("datetime64[D]") - 1).tolist() == list(range(24)), "ends of months"
    assert steps(np.delete(months.astype("datetime64[D]"), [3, 4])).tolist() == [0, 1, 2, *range(5, 24)]
    assert steps(np.datetime64("2026-01-05") + 7 * np.arange(9)).tolist() == list(range(9))
    assert steps(np.array(["1970-01-01", "1971-01-01", "1972-01-01"], dtype="datetime64[D]")).tolist() == [0, 1, 2]
    assert steps(np.array(["2026-01-01", "2026-01-02", "2026-01-05"], dtype="datetime64[D]")).tolist() == [0, 1, 4]


def test_weekdays_are_taken_in_where_they_show_and_only_there() -> None:
    draw, dates = np.random.default_rng(1), np.datetime64("2026-01-01") + np.arange(84)
    after, plain = np.arange(84) >= 56, np.random.default_rng(2).normal(100, 5, 84)
    assert seasons(plain, dates, after) == (None, "")
    columns, name = seasons(plain + 30 * (np.arange(84) % 7 < 2), dates, after)
    assert (columns.shape, name) == ((84, 6), "weekdays")
    weekly = plain + 30 * (np.arange(84) % 7 < 2) + 10 * after
    found = panel_effect(_panel([weekly], [True], dates, after), "its")
    assert "weekdays" in found.method and found.effect[1] < 10 < found.effect[2]
    assert found.effect[2] - found.effect[1] < 25, draw


def _panel(values, is_treated, dates=None, after=None, kind="money", base=None) -> Panel:
    values = np.array(values, dtype=float)
    n = values.shape[1]
    dates = np.datetime64("2026-01-01") + np.arange(n) if dates is None else dates
    phase = (np.arange(n) >= n * 2 // 3 if after is None else after).astype(np.int64)
    return Panel(
        kind, np.array(is_treated, dtype=bool), np.ones(len(values)), values, np.ones_like(values) if base is None else base, dates, phase
    )


# Synthetic control.


def test_weights_are_those_of_a_general_solver() -> None:
    draw = np.random.default_rng(2)
    donors = draw.normal(50, 10, (8, 30)) + draw.normal(0, 5, 30)
    target = 0.6 * donors[1] + 0.4 * donors[5] + draw.normal(0, 3, 30)
    known = optimize.minimize(
        lambda w: ((target - w @ donors) ** 2).sum(),
        np.full(8, 1 / 8),
        bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert simplex_weights(target, donors) == pytest.approx(known.x, abs=1e-4)
    mixed = 0.25 * donors[0] + 0.75 * donors[3]
    assert simplex_weights(mixed, donors) == pytest.approx([0.25, 0, 0, 0.75, 0, 0, 0, 0], abs=1e-4)


def test_the_interval_holds_what_placebos_do_not_reject() -> None:
    draw = np.random.default_rng(6)
    common = remembering(draw, (40,), 0.8, 5)
    units = 100 + common + draw.normal(0, 2, (22, 40))
    found = synthetic_control(units[:1], units[1:], 25)
    for limit, inside in ((found.hi, -1), (found.lo, 1)):
        for shift, rejects in ((0.02 * inside, False), (-0.02 * inside, True)):
            moved = units[:1].copy()
            moved[0, 25:] -= limit + shift
            assert (synthetic_control(moved, units[1:], 25).p_value <= 0.05) == rejects


def test_below_nineteen_donors_there_is_a_p_but_no_interval() -> None:
    units = np.random.default_rng(7).normal(100, 5, (19, 30))
    found = synthetic_control(units[:1], units[1:], 20)
    assert (found.lo, found.hi, found.interval_reason) == (None, None, "18 donors: an interval of 95 % by placebos needs 19")
    assert found.p_value * 19 == pytest.approx(round(found.p_value * 19)), "a rank among 19"
    assert synthetic_control(units[:1], units[1:], 20, level=0.9).lo is not None, "nine are enough for 90 %"


def test_a_unit_outside_the_hull_of_its_donors_is_matched_demeaned() -> None:
    draw = np.random.default_rng(9)
    days = np.arange(60)
    common = remembering(draw, (60,), 0.7, 4)
    values = np.vstack([[160 + common + 6 * (days >= 40)], 100 + np.tile(common, (20, 1)) + draw.normal(0, 1, (20, 60))])
    found = panel_effect(_panel(values, [True] + 20 * [False]), "synthetic_control")
    assert "demeaned" in found.method and found.prefit_rmspe_pct < 10
    assert found.effect[1] < 6 < found.effect[2] and found.effect[0] == found.effect_demeaned


@pytest.mark.parametrize("y", [np.zeros(70), np.full(70, 5.0), 5 + 0.1 * np.arange(70), np.where(np.arange(70) < 50, 5.0, 7.0)])
def test_a_series_without_noise_gives_a_reason(y: np.ndarray) -> None:
    days = np.arange(70)
    found = interrupted_time_series(y, days, days >= 50)
    assert (found.reason, np.isnan(found.effect)) == ("the outcome does not vary from its trend", True)


# Time-based regression.


def test_without_memory_it_is_the_prediction_of_least_squares() -> None:
    draw = np.random.default_rng(3)
    control = 1000 + draw.normal(0, 40, 56)
    treated = 20 + 1.2 * control + np.tile([6.0, -6.0], 28) + draw.normal(0, 2, 56)  # neighbours differ: nothing to widen
    after = np.arange(56) >= 42
    found = time_based_regression(treated, control, np.arange(56), after, level=0.9, tails=1)
    known = sm.OLS(treated[:42], sm.add_constant(control[:42])).fit()
    coming = sm.add_constant(control[42:])
    assert found.slope == pytest.approx(known.params[1])
    assert found.total == pytest.approx((treated[42:] - known.predict(coming)).sum())
    ones = coming.sum(axis=0)
    error = np.sqrt(14 * known.scale + ones @ known.cov_params() @ ones)  # Kerman et al. 2017, section 3
    assert (found.error, found.lo, found.hi) == (pytest.approx(error), pytest.approx(found.total - stats.t.ppf(0.9, 40) * error), None)
    assert found.rho == 0


# Planted truth: a fixed seed, a small part of what `make calibrate` runs.


def _covered(found: list, planted: float) -> tuple[float, float]:
    """Share of intervals that hold what was planted, and of p values at most .05."""
    assert not [one.reason for one in found if one.reason]
    return np.mean([one.lo <= planted <= one.hi for one in found]), np.mean([one.p_value <= 0.05 for one in found])


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_an_interrupted_series_covers_what_was_planted(rho: float) -> None:
    draw, time = np.random.default_rng(31), np.arange(100)
    worlds = 50 + 0.1 * time + remembering(draw, (400, 100), rho, 4)
    found = [interrupted_time_series(y + 3 * (time >= 70), time, time >= 70) for y in worlds]
    assert 0.92 <= _covered(found, 3)[0] <= 0.98
    assert np.mean([one.effect for one in found]) == pytest.approx(3, abs=0.5)
    assert 0.02 <= _covered([interrupted_time_series(y, time, time >= 70) for y in worlds], 0)[1] <= 0.08


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_a_time_based_regression_covers_what_was_planted(rho: float) -> None:
    draw, time = np.random.default_rng(32), np.arange(84)
    control = 1000 + remembering(draw, (400, 84), 0.5, 60)
    treated = 100 + 0.9 * control + remembering(draw, (400, 84), rho, 15)
    found = [time_based_regression(y + 8 * (time >= 56), x, time, time >= 56) for y, x in zip(treated, control, strict=True)]
    assert 0.91 <= _covered(found, 8 * 28)[0] <= 0.98
    plain = np.mean([abs(one.total - 8 * 28) <= stats.t.ppf(0.975, 54) * one.plain_error for one in found])
    assert plain < 0.75 if rho else plain > 0.92, "independent days are what it must not take for granted"
    false = [time_based_regression(y, x, time, time >= 56) for y, x in zip(treated, control, strict=True)]
    assert 0.02 <= _covered(false, 0)[1] <= 0.09


@pytest.mark.parametrize("m", [1, 2])
def test_sets_of_units_reject_what_the_interval_leaves_out(m: int) -> None:
    """Seven units, two of them treated: 20 other sets of two; p is a rank among all 21, and moves with the effect that is taken off."""
    draw = np.random.default_rng(8)
    units = 100 + remembering(draw, (30,), 0.8, 5) + draw.normal(0, 2, (m + 19 if m == 1 else 7, 30))
    units[:m, 20:] += 4
    found = synthetic_control(units[:m], units[m:], 20, level=0.95 if m == 1 else 0.8)
    assert found.n_placebos == (19 if m == 1 else 20)
    ranks = found.n_placebos + 1
    assert found.p_value * ranks == pytest.approx(round(found.p_value * ranks))
    alpha = 0.05 if m == 1 else 0.2
    for limit, inward in ((found.lo, 0.02), (found.hi, -0.02)):
        for shift, rejects in ((inward, False), (-inward, True)):
            moved = units[:m].copy()
            moved[:, 20:] -= limit + shift
            assert (synthetic_control(moved, units[m:], 20).p_value <= alpha + 1e-9) == rejects


@pytest.mark.parametrize(("m", "is_demeaned", "worlds"), [(1, False, 150), (1, True, 150), (3, False, 40)])
def test_a_synthetic_control_covers_what_was_planted(m: int, is_demeaned: bool, worlds: int) -> None:
    draw, days = np.random.default_rng(33), np.arange(45)
    covered, alarms = [], []
    for _ in range(worlds):
        factors = remembering(draw, (2, 45), 0.8, 4)
        units = 100 + draw.dirichlet([1, 1], 24 + m) @ factors + draw.normal(0, 2, (24 + m, 45))
        found = synthetic_control(units[:m] + 5 * (days >= 30), units[m:], 30, is_demeaned)
        covered.append(found.lo <= 5 <= found.hi)
        # what is added to the treated moves the estimate, and the limits with it
        alarms.append(not found.lo - 5 < 0 < found.hi - 5)
    assert 0.90 <= np.mean(covered) <= 1
    assert np.mean(alarms) <= 0.10

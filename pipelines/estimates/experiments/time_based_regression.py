"""Two groups of regions, day by day -> the cumulative effect on the treated one: time-based regression.

Kerman, Wang and Vaver 2017, "Estimating Ad Effectiveness using Geo Experiments in a Time-Based Regression Framework": the treated group is
regressed on the control group before the test, and what it showed in the test is held against what that regression foretells. Their
interval takes days as independent; here its width is that of errors of AR(1), never narrower than theirs."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.estimates.experiments.autocorrelation import Vector, fit, fit_at
from pipelines.estimates.experiments.effects import t_limits, t_p_value

FEWEST_BEFORE = 8


@dataclass(frozen=True)
class Foretold:
    """`total` is the sum over the days after of treated less foretold, with limits and p; NaN with a `reason`.

    `error` is its standard error, `plain_error` that of independent days, `slope` that of treated on control, `prefit_rmspe_pct` the root
    mean square error before, in per cent of the treated group's mean."""

    total: float = math.nan
    lo: float = math.nan
    hi: float | None = math.nan
    p_value: float = math.nan
    error: float = math.nan
    plain_error: float = math.nan
    degrees: float = math.nan
    slope: float = math.nan
    rho: float = math.nan
    prefit_rmspe_pct: float = math.nan
    days: int = 0
    reason: str | None = None


def time_based_regression(
    treated: Vector, control: Vector, time: NDArray[np.int64], is_after: NDArray[np.bool_], level: float = 0.95, tails: int = 2
) -> Foretold:
    """treated, control (T): the outcome of each group, one value a step; time (T): whole, growing steps; is_after (T): false, then true."""
    before, after = int((~is_after).sum()), int(is_after.sum())
    if before < FEWEST_BEFORE or after < 1:
        return Foretold(reason=f"{before} days before the test and {after} in it: at least {FEWEST_BEFORE} and 1 are needed")
    middle = float(control[~is_after].mean())
    x = control - middle  # centred: the intercept and the slope are then told apart without loss of digits
    if not float(np.abs(x[~is_after]).max()) > 1e-12 * float(np.abs(control).max()):
        return Foretold(reason="the control group does not vary before the test")
    design = np.column_stack([np.ones(len(x)), x])
    past, coming = design[~is_after], design[is_after]
    plain = fit_at(treated[~is_after], past, time[~is_after], 0.0)
    if not plain.variance > (1e-12 * float(np.abs(treated).max())) ** 2:
        return Foretold(reason="the outcome of the treated group does not vary from what the control group foretells")
    total = float((treated[is_after] - coming @ plain.coefficients).sum())
    leverage = coming.sum(axis=0)
    plain_variance = plain.variance * after + float(leverage @ plain.covariance @ leverage)
    remembered = fit(treated[~is_after], past, time[~is_after])
    rho = max(remembered.rho, 0.0)
    # the sum is a weighted sum of errors: 1 a day of the test, less what the regression takes from each day before it
    weights = np.ones(len(treated))
    weights[~is_after] = -past @ np.linalg.solve(past.T @ past, leverage)
    correlation = rho ** np.abs(time[:, None] - time[None, :])
    variance = max(remembered.variance * float(weights @ correlation @ weights), plain_variance) if rho > 0 else plain_variance
    degrees = min(before - 2.0, before * (1 - rho) / (1 + rho))
    if degrees < 2:
        return Foretold(rho=rho, reason=f"the days before the test are worth {degrees:.1f} independent ones: too few for an interval")
    error = math.sqrt(variance)
    lo, hi = t_limits(total, error, degrees, level, tails)
    mean = float(treated[~is_after].mean())
    residual = treated[~is_after] - past @ plain.coefficients
    return Foretold(
        total=total,
        lo=lo,
        hi=hi,
        p_value=t_p_value(total, error, degrees, tails),
        error=error,
        plain_error=math.sqrt(plain_variance),
        degrees=degrees,
        slope=float(plain.coefficients[1]),
        rho=rho,
        prefit_rmspe_pct=100 * math.sqrt(float(np.mean(residual**2))) / abs(mean) if mean else math.inf,
        days=after,
    )

"""One series before and after a start -> the effect on its mean after it: segmented regression (level and slope) with AR(1) errors.

Wagner, Soumerai, Zhang and Ross-Degnan 2002 for the regression; REML and t on T(1 - rho)/(1 + rho) degrees of freedom, because ordinary
least squares covers 65 % where neighbouring days are correlated by 0.6."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.estimates.experiments.autocorrelation import LARGEST, Matrix, Vector, fit, fit_at
from pipelines.estimates.experiments.effects import t_limits, t_p_value

FEWEST_BEFORE = 8  # below that a trend and a correlation cannot both be told
FEWEST_FOR_SLOPE = 3  # days after the start; with fewer the level alone changes


@dataclass(frozen=True)
class Interruption:
    """`effect` is the mean over the days after the start of the change of level and slope, in the unit of the series; NaN with a `reason`."""

    effect: float = math.nan
    lo: float = math.nan
    hi: float | None = math.nan
    p_value: float = math.nan
    error: float = math.nan
    degrees: float = math.nan
    level_change: float = math.nan
    slope_change: float = math.nan
    rho: float = math.nan
    has_slope: bool = True
    reason: str | None = None


def interrupted_time_series(
    y: Vector,
    time: NDArray[np.int64],
    is_after: NDArray[np.bool_],
    seasons: Matrix | None = None,
    level: float = 0.95,
    tails: int = 2,
) -> Interruption:
    """The effect of what began at the first day after.

    y (T): one value a step; time (T): whole, growing steps, a missing one is left out; is_after (T): false, then true; seasons (T, k):
    further columns of the regression. A comparison with a control series is this of the difference of the two series."""
    before, after = int((~is_after).sum()), int(is_after.sum())
    if before < FEWEST_BEFORE or after < 1:
        return Interruption(reason=f"{before} days before the start and {after} after it: at least {FEWEST_BEFORE} and 1 are needed")
    since = np.where(is_after, time - time[is_after][0], 0).astype(np.float64)
    has_slope = after >= FEWEST_FOR_SLOPE
    columns = [np.ones(len(y)), (time - time[0]) / max(int(time[-1] - time[0]), 1), is_after.astype(np.float64)]
    design = np.column_stack([*columns, *([since] if has_slope else []), *([] if seasons is None else [seasons])])
    if len(y) - design.shape[1] < 4 or np.linalg.matrix_rank(design) < design.shape[1]:
        return Interruption(reason="too few days for a trend, a level, a slope and the seasons")
    if not fit_at(y, design, time, 0.0).variance > (1e-12 * float(np.abs(y).max())) ** 2:
        return Interruption(reason="the outcome does not vary from its trend")
    found = fit(y, design, time)
    if found.rho > LARGEST - 0.005:
        return Interruption(rho=found.rho, reason="the days follow each other like a random walk: no trend can be told from it")
    if found.degrees < 2:
        return Interruption(rho=found.rho, reason=f"the days are worth {found.degrees:.1f} independent ones: too few for an interval")
    contrast = np.zeros(design.shape[1])
    contrast[2] = 1.0
    if has_slope:
        contrast[3] = since[is_after].mean()
    value = float(contrast @ found.coefficients)
    error = math.sqrt(float(contrast @ found.covariance @ contrast))
    lo, hi = t_limits(value, error, found.degrees, level, tails)
    return Interruption(
        effect=value,
        lo=lo,
        hi=hi,
        p_value=t_p_value(value, error, found.degrees, tails),
        error=error,
        degrees=found.degrees,
        level_change=float(found.coefficients[2]),
        slope_change=float(found.coefficients[3]) if has_slope else 0.0,
        rho=found.rho,
        has_slope=has_slope,
    )

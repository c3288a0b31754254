"""What every design gives: effects with their limits, how they were got, and why there is none."""

import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

Limits = tuple[float, float | None, float | None]


@dataclass(frozen=True)
class Effect:
    """Effects as (value, lo, hi), per treated unit and day, in per cent, and in total; all None where `reason` says why.

    Limits are None where `interval_reason` says why, and the upper one of a test of one tail."""

    method: str
    n_treated: int
    n_control: int
    effect: Limits | None = None
    percent: Limits | None = None
    total: Limits | None = None
    p_value: float | None = None
    pretrend_p: float | None = None
    prefit_rmspe_pct: float | None = None
    effect_demeaned: float | None = None
    interval_reason: str | None = None
    reason: str | None = None


def t_limits(value: float, error: float, degrees: float, level: float, tails: int) -> tuple[float, float | None]:
    """Student's interval of two tails, or the lower limit alone of one."""
    width = float(stdtrit(degrees, (1 + level) / 2 if tails == 2 else level)) * error
    return value - width, value + width if tails == 2 else None


def t_p_value(value: float, error: float, degrees: float, tails: int) -> float:
    """P of Student's t: two-sided, or of a value above 0."""
    t = value / error
    return float(2 * stdtr(degrees, -abs(t)) if tails == 2 else stdtr(degrees, -t))


def times(limits: Limits, size: float) -> Limits:
    """Value and limits times a size above 0."""
    value, lo, hi = limits
    return value * size, None if lo is None else lo * size, None if hi is None else hi * size


def percent_of_what_would_have_been(limits: Limits, shown: float) -> Limits | None:
    """Effect over what was shown less the effect, in per cent; it grows with the effect, so limits are mapped. None below 0."""
    value, lo, hi = limits
    if not shown > max(value, value if hi is None else hi):
        return None

    def percent(effect: float) -> float:
        return 100 * effect / (shown - effect) if math.isfinite(effect) else effect

    return percent(value), None if lo is None else percent(lo), None if hi is None else percent(hi)

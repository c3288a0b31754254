"""Outcomes per unit before and in a test -> its effect, interval and p value: a randomised test, or a difference-in-differences.

One number per unit: the change from before the test to the test. Days of a unit are not independent, units are.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.estimates.assignments import permutation_p
from pipelines.estimates.experiments.effects import Effect, Limits, percent_of_what_would_have_been, t_limits, t_p_value, times

UNLIKE_SIZES = 0.25  # coefficient of variation of the units before the test from which on they are compared by ratio
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """One outcome of one test. Arrays have one entry per unit; `*_base` is what `*_value` is divided by: days, or denominators of a rate.

    `block` holds whole numbers from 0, all 0 where the draw had no blocks; `post` is the test and its cooldown; `pre_slope` per day."""

    kind: str
    is_treated: Flags
    pre_value: Vector
    pre_base: Vector
    test_value: Vector
    test_base: Vector
    post_value: Vector
    post_base: Vector
    block: Codes
    weight: Vector
    pre_slope: Vector
    has_total: bool = True

    def where(self, chosen: Flags) -> "Units":
        names = (
            "is_treated",
            "pre_value",
            "pre_base",
            "test_value",
            "test_base",
            "post_value",
            "post_base",
            "block",
            "weight",
            "pre_slope",
        )
        kept = replace(self, **{name: getattr(self, name)[chosen] for name in names})
        return replace(kept, block=np.unique(kept.block, return_inverse=True)[1].astype(np.int64))


@dataclass(frozen=True)
class Contrast:
    """Treated less control with its standard error and Satterthwaite degrees of freedom; `reason` where there is none."""

    value: float = math.nan
    error: float = math.nan
    degrees: float = math.nan
    how: str = ""
    reason: str | None = None

    def limits(self, level: float, tails: int) -> tuple[float, float | None]:
        """An interval of two tails, or the lower limit alone of one."""
        return t_limits(self.value, self.error, self.degrees, level, tails)

    def p_value(self, tails: int) -> float:
        """Of Student's t: two-sided, or of an effect above 0."""
        return t_p_value(self.value, self.error, self.degrees, tails)


def contrast(y: Vector, is_treated: Flags, block: Codes, weight: Vector) -> Contrast:
    """Difference of (weighted) means, treated less control, each block counted by its treated part.

    Welch (1947) with Satterthwaite's degrees of freedom within blocks; where a block has one unit of an arm, the t of the block
    differences (Imai, King and Nall 2009), which for pairs is the paired t. Blocks that lack an arm are left out."""
    arms = []
    order = np.argsort(block, kind="stable")
    for units in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        sides = [(y[side], weight[side]) for side in (units[is_treated[units]], units[~is_treated[units]])]
        if all(len(values) for values, _ in sides):
            arms.append(sides)
    if not arms:
        return Contrast(reason="no block has both a treated and a control unit")
    share = np.array([(t[1].sum() + c[1].sum()) * len(t[0]) / (len(t[0]) + len(c[0])) for t, c in arms])
    share /= share.sum()
    differences = np.array([np.average(t[0], weights=t[1]) - np.average(c[0], weights=c[1]) for t, c in arms])
    value = float(share @ differences)
    if all(len(values) >= 2 for sides in arms for values, _ in sides):
        parts = [(part**2 * variance, count) for part, sides in zip(share, arms, strict=True) for variance, count in map(_of_mean, sides)]
        variance = math.fsum(part for part, _ in parts)
        bottom = math.fsum(part**2 / (count - 1) for part, count in parts)
        how = "Welch t" if len(arms) == 1 else f"Welch t within {len(arms)} blocks"
        degrees = variance**2 / bottom if bottom > 0 else math.nan
    elif len(arms) >= 3:
        variance = float(np.var(len(arms) * share * differences, ddof=1)) / len(arms)
        how, degrees = f"t of {len(arms)} block differences", len(arms) - 1.0
    else:
        return Contrast(value, reason="fewer than 2 treated or 2 control units" if len(arms) == 1 else "fewer than 3 blocks of pairs")
    scale = float(np.abs(y).max())
    if not variance > (1e-12 * scale) ** 2:
        return Contrast(value, reason="the outcome does not vary among units")
    return Contrast(value, math.sqrt(variance), degrees, how)


def _of_mean(side: tuple[Vector, Vector]) -> tuple[float, float]:
    """Variance of a weighted mean and the effective number of units; with equal weights s^2/n and n."""
    y, weight = side
    count = float(weight.sum() ** 2 / (weight**2).sum())
    centred = weight * (y - np.average(y, weights=weight))
    return float((centred**2).sum() / weight.sum() ** 2 * len(y) / (len(y) - 1)), count


def is_by_ratio(before: Vector, *after: Vector) -> bool:
    """Whether units (daily or weekly means) are compared by the log of their growth: all above 0, and of units that differ in size."""
    if min(float(part.min()) for part in (before, *after)) <= 0:
        return False
    return float(before.std(ddof=1)) > UNLIKE_SIZES * float(before.mean())


def effect_of(units: Units, design: str, level: float = 0.95, tails: int = 2) -> Effect:
    """The effect of a test of `design` randomised (p by permutation) or did (p by t, with the test of the trends before it).

    Gives per treated unit and day of the test the effect in the unit of the outcome, in per cent of what would have been, and over
    all treated units and days of the test and its cooldown. A ratio's limits are mapped; what treated units showed is taken as it is."""
    has_test = (units.test_base > 0) & (units.weight > 0)
    has_pre = units.pre_base > 0
    uses_pre = design == "did" or 2 * int((has_test & has_pre).sum()) >= max(1, int(has_test.sum()))
    kept = units.where(has_test & has_pre if uses_pre else has_test)
    treated = kept.is_treated
    n_treated, n_control = int(treated.sum()), int((~treated).sum())
    if not n_treated or not n_control:
        needed = "both before and in the test" if uses_pre else "in the test"
        return Effect("", n_treated, n_control, reason=f"no treated or no control unit has outcomes {needed}")
    before: Vector = kept.pre_value / kept.pre_base if uses_pre else np.zeros(len(treated))
    by_ratio = uses_pre and kept.kind in ("money", "count") and len(treated) > 1 and is_by_ratio(before, kept.test_value, kept.post_value)

    def change(value: Vector, base: Vector) -> Vector:
        return np.log(value / base / before) if by_ratio else value / base - before

    test = contrast(change(kept.test_value, kept.test_base), treated, kept.block, kept.weight)
    whole = contrast(change(kept.post_value, kept.post_base), treated, kept.block, kept.weight)
    scale = "log of test over before" if by_ratio else "test less before" if uses_pre else "test alone"
    left_out = len(units.is_treated) - len(treated)
    method = "; ".join(
        [scale, *([test.how] if test.how else []), *([f"{left_out} units without a full record left out"] if left_out else [])]
    )
    result = Effect(method, n_treated, n_control, reason=test.reason)
    if test.reason:
        return result
    shown = float(np.average((kept.test_value / kept.test_base)[treated], weights=kept.weight[treated]))

    def of_what_was_shown(found: Contrast, amount: float) -> Limits:
        """From a log ratio to the part of `amount`, which treated units showed, that would not have been."""
        lo, hi = found.limits(level, tails)
        return -amount * math.expm1(-found.value), -amount * math.expm1(-lo), None if hi is None else -amount * math.expm1(-hi)

    def scaled(found: Contrast, size: float) -> Limits:
        return times((found.value, *found.limits(level, tails)), size)

    has_total = units.has_total and units.kind != "score" and whole.reason is None
    percent: Limits | None
    if by_ratio:
        lo, hi = test.limits(level, tails)
        effect = of_what_was_shown(test, shown)
        percent = 100 * math.expm1(test.value), 100 * math.expm1(lo), None if hi is None else 100 * math.expm1(hi)
        total = of_what_was_shown(whole, float(kept.post_value[treated].sum())) if has_total else None
    else:
        effect = scaled(test, 1.0)
        percent = percent_of_what_would_have_been(effect, shown)
        total = scaled(whole, float(kept.post_base[treated].sum())) if has_total else None
    result = replace(result, effect=effect, percent=percent, total=total)
    if design == "did":
        return replace(result, p_value=test.p_value(tails), pretrend_p=_pretrend_p(kept, before if by_ratio else np.ones(len(treated))))
    p_value, drawn = permutation_p(change(kept.test_value, kept.test_base), treated, kept.block, kept.weight, tails)
    return replace(result, p_value=test.p_value(tails) if p_value is None else p_value, method=f"{method}; {drawn}")


def _pretrend_p(units: Units, size: Vector) -> float | None:
    """P value of the difference of the arms' slopes before the test, relative to the size of a unit; None where they have too few days."""
    slopes = units.pre_slope / size
    if not np.isfinite(slopes).all():
        return None
    trend = contrast(slopes, units.is_treated, units.block, units.weight)
    return None if trend.reason else trend.p_value(2)

"""Outcomes per unit before and in a test -> its effect, interval and p value: a randomised test, or a difference-in-differences.

One number per unit: the change from before the test to the test. Days of a unit are not independent, units are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from pipelines.estimates.assignments import permutation_p

COLUMNS = (
    "experiment_id text, outcome text, method text, n_units bigint, n_treated bigint, n_control bigint, "
    "effect double, effect_lo double, effect_hi double, effect_pct double, effect_pct_lo double, effect_pct_hi double, "
    "effect_total double, effect_total_lo double, effect_total_hi double, p_value double, pretrend_p double, reason text"
)
DESIGNS = ("randomised", "did")
UNLIKE_SIZES = 0.25  # coefficient of variation of the units before the test from which on they are compared by ratio
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]
Limits = tuple[float, float | None, float | None]


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
        width = float(stdtrit(self.degrees, (1 + level) / 2 if tails == 2 else level)) * self.error
        return self.value - width, self.value + width if tails == 2 else None

    def p_value(self, tails: int) -> float:
        """Of Student's t: two-sided, or of an effect above 0."""
        t = self.value / self.error
        return float(2 * stdtr(self.degrees, -abs(t)) if tails == 2 else stdtr(self.degrees, -t))


@dataclass(frozen=True)
class Effect:
    """Effects with their limits, as (value, lo, hi); all None where `reason` says why."""

    method: str
    n_treated: int
    n_control: int
    effect: Limits | None = None
    percent: Limits | None = None
    total: Limits | None = None
    p_value: float | None = None
    pretrend_p: float | None = None
    reason: str | None = field(default=None)


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


def _is_by_ratio(units: Units) -> bool:
    """Whether units are compared by the log of their growth: amounts and counts, all above 0, of units that differ in size."""
    if units.kind not in ("money", "count") or min(units.pre_value.min(), units.test_value.min(), units.post_value.min()) <= 0:
        return False
    before = units.pre_value / units.pre_base
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
    by_ratio = uses_pre and len(treated) > 1 and _is_by_ratio(kept)
    before = kept.pre_value / kept.pre_base if uses_pre else np.zeros(len(treated))

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

    def times(found: Contrast, size: float) -> Limits:
        lo, hi = found.limits(level, tails)
        return found.value * size, lo * size, None if hi is None else hi * size

    has_total = units.has_total and units.kind != "score" and whole.reason is None
    percent: Limits | None
    if by_ratio:
        lo, hi = test.limits(level, tails)
        effect = of_what_was_shown(test, shown)
        percent = 100 * math.expm1(test.value), 100 * math.expm1(lo), None if hi is None else 100 * math.expm1(hi)
        total = of_what_was_shown(whole, float(kept.post_value[treated].sum())) if has_total else None
    else:
        effect = times(test, 1.0)
        percent = times(test, 100 / (shown - test.value)) if shown > test.value else None
        total = times(whole, float(kept.post_base[treated].sum())) if has_total else None
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


def _arrays(connection: duckdb.DuckDBPyConnection, experiment_id: str, outcome: str) -> Units:
    rows = connection.execute(
        "select outcome_kind, is_treated, coalesce(pre_value, 0), coalesce(pre_base, 0), coalesce(test_value, 0), coalesce(test_base, 0), "
        "coalesce(post_value, 0), coalesce(post_base, 0), coalesce(block_id, ''), coalesce(weight, 1), coalesce(pre_slope, 'nan'), has_denominator "
        "from intermediate.int_experiment_units where experiment_id = ? and outcome = ? order by unit_id",
        [experiment_id, outcome],
    ).fetchall()
    kind, is_treated, *numbers, has_denominator = zip(*rows, strict=True)
    pre_value, pre_base, test_value, test_base, post_value, post_base = (np.array(column, dtype=np.float64) for column in numbers[:6])
    return Units(
        kind=kind[0],
        is_treated=np.array(is_treated, dtype=np.bool_),
        pre_value=pre_value,
        pre_base=pre_base,
        test_value=test_value,
        test_base=test_base,
        post_value=post_value,
        post_base=post_base,
        block=np.unique(np.array(numbers[6]), return_inverse=True)[1].astype(np.int64),
        weight=np.array(numbers[7], dtype=np.float64),
        pre_slope=np.array(numbers[8], dtype=np.float64),
        has_total=kind[0] != "rate" or all(has_denominator),
    )


def experiments(connection: duckdb.DuckDBPyConnection) -> Sequence[tuple[object, ...]]:
    """Rows of est_experiments: one per experiment and outcome of a design that is estimated; a row without effect has a reason."""
    plans = connection.execute(
        "select units.experiment_id, units.outcome, plans.design, coalesce(plans.level, 0.95), coalesce(plans.tails, 2) "
        "from (select distinct experiment_id, outcome from intermediate.int_experiment_units) as units "
        "inner join intermediate.int_experiments as plans on units.experiment_id = plans.experiment_id "
        "where plans.design in (select unnest(?)) order by all",
        [list(DESIGNS)],
    ).fetchall()
    rows: list[tuple[object, ...]] = []
    for experiment_id, outcome, design, level, tails in plans:
        found = effect_of(_arrays(connection, experiment_id, outcome), design, level, tails)
        none = (None, None, None)
        rows.append(
            (experiment_id, outcome, found.method or None, found.n_treated + found.n_control, found.n_treated, found.n_control)
            + (found.effect or none)
            + (found.percent or none)
            + (found.total or none)
            + (found.p_value, found.pretrend_p, found.reason)
        )
    return rows

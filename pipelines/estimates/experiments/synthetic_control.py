"""Treated units and donors, day by day -> the effect on the mean of the treated ones: a weighted mean of donors stands for each of them.

Abadie, Diamond and Hainmueller 2010 with all days before the test as predictors, weights on the simplex; demeaned as Doudchenko and Imbens
2016 and Ferman and Pinto 2021 have it. P and interval by placebos in space, plain or demeaned by the same rule as the treated: a placebo that
is denied the better fit would be unlike by its bad one alone. Of one treated unit each donor in turn is held against the other donors; of
several, sets of as many units are drawn from all of them, the treated among them, each held against the units outside the set: sets of donors
alone, few of which have no unit in common, say too little of how far a further set may lie off (7.6 % false positives with 5 of 30)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SETS, FEWER_SETS = 499, 199  # of several units; the fewer where there are many to fit
MANY_FITS = 1_500  # treated units times donors
SEED = 20_100_605
Flags = NDArray[np.bool_]
RIDGE = 1e-8  # of the mean square of the distances: makes the weights unique where many would fit alike
FEWEST_BEFORE = 3
ILL_FIT = 10.0  # per cent of the mean, from which on a fit before the test is none


@dataclass(frozen=True)
class Synthetic:
    """`effect` is the mean over the days after of treated less synthetic, with limits and p; NaN or None where a reason says why.

    `weights` (m, J) of each treated unit, `gap` (T) the mean of treated less synthetic; `effect_demeaned` stands beside a plain one."""

    effect: float
    lo: float | None
    hi: float | None
    p_value: float | None
    prefit_rmspe_pct: float
    weights: Matrix
    gap: Vector
    n_placebos: int = 0
    is_demeaned: bool = False
    effect_demeaned: float = math.nan
    interval_reason: str | None = None
    reason: str | None = None


def simplex_weights(target: Vector, donors: Matrix) -> Vector:
    """Weights (J), not negative, of sum 1, that bring donors (J, T) nearest to target (T) by least squares.

    As they sum to 1 it is the point of the hull of donors less target that is nearest to 0, and that one is a multiple of the least squares
    solution, not negative, of (distances, 1)'u = (0, 1) (Lawson and Hanson 1974, chapter 23): exact, and the same on every run."""
    distances = donors - target
    size = math.sqrt(float(np.mean(distances**2))) or 1.0
    distances = distances / size
    n_donors, n_days = distances.shape
    rows = np.vstack([distances.T, math.sqrt(RIDGE * n_days) * np.eye(n_donors), np.ones(n_donors)])
    raw, _ = nnls(rows, np.concatenate([np.zeros(n_days + n_donors), [1.0]]), maxiter=50 * n_donors)
    return np.asarray(raw / raw.sum())


def _gap(target: Vector, donors: Matrix, n_before: int, is_demeaned: bool) -> tuple[Vector, Vector]:
    """Target less its synthetic control on all days (T), and the weights (J)."""
    if is_demeaned:
        target = target - target[:n_before].mean()
        donors = donors - donors[:, :n_before].mean(axis=1, keepdims=True)
    weights = simplex_weights(target[:n_before], donors[:, :n_before])
    return target - weights @ donors, weights


def _error(gaps: Matrix, n_before: int) -> Vector:
    """Root mean square of each row (.., T) before the test."""
    return np.asarray(np.sqrt(np.mean(gaps[..., :n_before] ** 2, axis=-1)))


def _per_cent(errors: Vector, means: Vector) -> Vector:
    return np.asarray(100 * errors / np.where(means == 0, 1e-300, np.abs(means)))


def _is_better_demeaned(plain: Vector, demeaned: Vector) -> NDArray[np.bool_]:
    """Of errors in per cent: a plain fit that is none, where the demeaned one is."""
    return np.asarray((plain > ILL_FIT) & (demeaned <= ILL_FIT))


@dataclass(frozen=True)
class Placebo:
    """Of units that play the treated: `after`, the mean gap after; `share`, what of an effect lies in it (its treated units less those that
    stand for it); `error` before."""

    after: float
    share: float
    error: float


def _gap_of(units: Matrix, others: Matrix, n_before: int, is_demeaned: bool | None) -> tuple[Vector, Matrix, bool]:
    """The mean gap (T) of some units against others, the weights (m, J), and whether it was demeaned; None: by the fit before."""
    fits = {kind: [_gap(unit, others, n_before, kind) for unit in units] for kind in ((False,) if not is_demeaned else (True,))}
    plain = not is_demeaned
    if is_demeaned is None:
        mean = np.asarray(units[:, :n_before].mean())
        error = _per_cent(_error(np.mean([gap for gap, _ in fits[False]], axis=0), n_before), mean)
        if error > ILL_FIT:
            fits[True] = [_gap(unit, others, n_before, True) for unit in units]
            demeaned = _per_cent(_error(np.mean([gap for gap, _ in fits[True]], axis=0), n_before), mean)
            plain = not bool(_is_better_demeaned(error, demeaned))
    chosen = fits[not plain]
    return np.mean([gap for gap, _ in chosen], axis=0), np.array([weights for _, weights in chosen]), not plain


def _placebos(units: Matrix, is_treated: Flags, n_before: int, is_demeaned: bool | None) -> list[Placebo]:
    """units (n, T). Of one treated unit every donor against the other donors; of several, sets of as many units against all others, each
    set that there is or drawn by a seed."""
    m, n = int(is_treated.sum()), len(units)
    sets: list[tuple[int, ...]]
    pool = np.ones(n, dtype=np.bool_)
    if m == 1:
        sets, pool = [(int(unit),) for unit in np.flatnonzero(~is_treated)], ~is_treated
    else:
        wanted = SETS if m * (n - m) <= MANY_FITS else FEWER_SETS
        treated = tuple(np.flatnonzero(is_treated))
        if math.comb(n, m) <= wanted + 1:
            sets = [chosen for chosen in combinations(range(n), m) if chosen != treated]
        else:
            random = np.random.default_rng(SEED)
            sets = [tuple(np.sort(random.choice(n, m, replace=False))) for _ in range(wanted)]
    found = []
    for chosen in sets:
        members = np.isin(np.arange(n), chosen)
        others = pool & ~members
        gap, weights, _ = _gap_of(units[members], units[others], n_before, is_demeaned)
        share = float(is_treated[members].mean() - weights.mean(axis=0) @ is_treated[others])
        found.append(Placebo(float(gap[n_before:].mean()), share, float(_error(gap, n_before))))
    return found


def _p_values(effects: Vector, own: Placebo, placebos: Sequence[Placebo], tails: int) -> Vector:
    """For each supposed effect the share of placebos, with the treated units themselves, that show as much beyond it, in units of their
    error before."""
    after, share, error = (np.array([getattr(one, name) for one in placebos]) for name in ("after", "share", "error"))
    drawn = (after - effects[:, None] * share) / error
    score = ((own.after - effects * own.share) / own.error)[:, None]
    if tails == 2:
        drawn, score = np.abs(drawn), np.abs(score)
    return np.asarray(((drawn >= score - 1e-9 * (1 + np.abs(score))).sum(axis=1) + 1) / (len(placebos) + 1))


def _limits(own: Placebo, placebos: Sequence[Placebo], level: float, tails: int) -> tuple[float, float]:
    """The effects around the estimate that are not rejected at 1 - level; infinite where every one on that side stands.

    P changes only where a placebo's score crosses that of the treated, so it is asked between all such effects. Far off, where sets with a
    treated unit in them show as much as the treated do, p may rise again: that says nothing for an effect as large."""
    sides = (1.0, -1.0) if tails == 2 else (1.0,)
    crossings = []
    for one in placebos:
        for side in sides:
            slope = one.share / one.error - side * own.share / own.error
            if abs(slope) > 1e-12 / own.error:
                crossings.append((one.after / one.error - side * own.after / own.error) / slope)
    estimate = own.after / own.share
    points = np.unique(np.array([*crossings, estimate]))
    reach = max(float(points[-1] - points[0]), own.error)
    between = np.concatenate([[points[0] - reach], (points[1:] + points[:-1]) / 2, [points[-1] + reach]])
    falls = np.flatnonzero(_p_values(between, own, placebos, tails) <= 1 - level + 1e-12)
    place = int(np.searchsorted(points, estimate))
    below, above = falls[falls <= place], falls[falls > place]
    return float(points[below[-1]]) if len(below) else -math.inf, float(points[above[0] - 1]) if len(above) else math.inf


def synthetic_control(
    treated: Matrix, donors: Matrix, n_before: int, is_demeaned: bool | None = None, level: float = 0.95, tails: int = 2
) -> Synthetic:
    """treated (m, T), donors (J, T): the outcome of each unit, one value a day, the first n_before of them before the test.

    Plain or demeaned is decided by the days before, for the treated and for every placebo alike, unless `is_demeaned` says it for all.
    p is the share of placebos, with the treated units themselves, whose mean gap after, in units of their error before, is as large. The
    interval holds the effects that, taken off the treated units, would leave a p above 1 - level: it needs level/(1 - level) donors, 19 for
    95 %."""
    m, n_donors = len(treated), len(donors)
    nothing = Synthetic(math.nan, None, None, None, math.nan, np.empty((m, n_donors)), np.empty(0))
    if n_before < FEWEST_BEFORE or treated.shape[1] <= n_before:
        return replace(nothing, reason=f"{n_before} days before the test: at least {FEWEST_BEFORE} are needed")
    if n_donors < 2:
        return replace(nothing, reason="fewer than 2 donors")
    own_gap, weights, demeaned = _gap_of(treated, donors, n_before, is_demeaned)
    mean = float(treated[:, :n_before].mean())
    error, effect = float(_error(own_gap, n_before)), float(own_gap[n_before:].mean())
    found = Synthetic(
        effect,
        None,
        None,
        None,
        float(_per_cent(np.asarray(error), np.asarray(mean))) if mean else math.inf,
        weights,
        own_gap,
        is_demeaned=demeaned,
        effect_demeaned=float(_gap_of(treated, donors, n_before, True)[0][n_before:].mean()),
    )
    # a synthetic control without error before says nothing about its error after
    least = 1e-6 * max(float(np.abs(donors).max()), float(np.abs(treated).max()))
    units = np.concatenate([treated, donors])
    placebos = _placebos(units, np.arange(len(units)) < m, n_before, is_demeaned)
    if min(error, *(one.error for one in placebos)) <= least:
        return replace(found, interval_reason="the donors fit the days before the test without error: no placebo test")
    own = Placebo(effect, 1.0, error)
    p_value = float(_p_values(np.zeros(1), own, placebos, tails)[0])
    found = replace(found, p_value=p_value, n_placebos=len(placebos))
    needed = math.ceil(level / (1 - level) - 1e-9)
    if n_donors < needed:
        return replace(found, interval_reason=f"{n_donors} donors: an interval of {100 * level:g} % by placebos needs {needed}")
    limits = _limits(own, placebos, level, tails)
    if math.isinf(limits[0]) or (tails == 2 and math.isinf(limits[1])):
        return replace(found, interval_reason="no effect is so large that placebos would reject it")
    return replace(found, lo=limits[0], hi=limits[1] if tails == 2 else None)

"""Treated units and donors, day by day -> the effect on the mean of the treated ones: a weighted mean of donors stands for each of them.

Abadie, Diamond and Hainmueller 2010 with all days before the test as predictors, weights on the simplex; demeaned as Doudchenko and Imbens
2016 and Ferman and Pinto 2021 have it. P and interval by placebos in space: each donor in turn is held against the other donors, plain or
demeaned by the same rule as the treated: a placebo that is denied the better fit would be unlike by its bad one alone."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

DRAWS = 9_999
SEED = 20_100_605
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


def _placebos(counts: Matrix, donors: Matrix, n_before: int, is_demeaned: bool | None) -> Matrix:
    """Gaps (n, T) of sets of donors, each held against the others; `counts` (n, J) are the parts of each donor in a set."""

    def gaps(chosen: NDArray[np.bool_], demeaned: bool) -> Matrix:
        found = np.zeros_like(donors, dtype=np.float64)
        for j in np.flatnonzero(chosen):
            found[j] = _gap(donors[j], np.delete(donors, j, axis=0), n_before, demeaned)[0]
        return found

    every = np.ones(len(donors), dtype=np.bool_)
    drawn: Matrix = counts @ gaps(every, bool(is_demeaned))
    if is_demeaned is not None:
        return drawn
    means = counts @ donors[:, :n_before].mean(axis=1)
    plain = _per_cent(_error(drawn, n_before), means)
    ill = plain > ILL_FIT
    if ill.any():
        needed = np.asarray((counts[ill] > 0).any(axis=0), dtype=np.bool_)
        demeaned: Matrix = np.asarray(counts[ill] @ gaps(needed, True))
        better = _is_better_demeaned(plain[ill], _per_cent(_error(demeaned, n_before), means[ill]))
        drawn[np.flatnonzero(ill)[better]] = demeaned[better]
    return drawn


def synthetic_control(
    treated: Matrix, donors: Matrix, n_before: int, is_demeaned: bool | None = None, level: float = 0.95, tails: int = 2
) -> Synthetic:
    """treated (m, T), donors (J, T): the outcome of each unit, one value a day, the first n_before of them before the test.

    Plain or demeaned is decided by the days before, for the treated and for every placebo alike, unless `is_demeaned` says it for all.
    p is the share of placebos, with the treated units themselves, whose mean gap after, in units of their error before, is as large. With
    several treated units a placebo is the mean of as many donors, drawn 9,999 times by a seed. The interval holds what, taken off the days
    after, would leave a p above 1 - level: it needs level/(1 - level) donors, 19 for 95 %."""
    m, n_donors = len(treated), len(donors)
    nothing = Synthetic(math.nan, None, None, None, math.nan, np.empty((m, n_donors)), np.empty(0))
    if n_before < FEWEST_BEFORE or treated.shape[1] <= n_before:
        return Synthetic(**{**vars(nothing), "reason": f"{n_before} days before the test: at least {FEWEST_BEFORE} are needed"})
    if n_donors < 2:
        return Synthetic(**{**vars(nothing), "reason": "fewer than 2 donors"})
    fits = {kind: [_gap(unit, donors, n_before, kind) for unit in treated] for kind in (False, True)}
    gaps = {kind: np.mean([one for one, _ in fit], axis=0) for kind, fit in fits.items()}
    mean = float(treated[:, :n_before].mean())
    per_cent = {kind: float(_per_cent(_error(gap, n_before), np.asarray(mean))) for kind, gap in gaps.items()}
    own = bool(_is_better_demeaned(np.asarray(per_cent[False]), np.asarray(per_cent[True]))) if is_demeaned is None else is_demeaned
    gap = gaps[own]
    effect, error = float(gap[n_before:].mean()), float(_error(gap, n_before))
    found = Synthetic(
        effect,
        None,
        None,
        None,
        per_cent[own] if mean else math.inf,
        np.array([weights for _, weights in fits[own]]),
        gap,
        is_demeaned=own,
        effect_demeaned=float(gaps[True][n_before:].mean()),
    )
    # a synthetic control without error before says nothing about its error after
    least = 1e-6 * max(float(np.abs(donors).max()), float(np.abs(treated).max()))
    if m == 1:
        counts = np.eye(n_donors)
    else:
        counts = np.zeros((DRAWS, n_donors))
        np.add.at(counts, (np.arange(DRAWS)[:, None], np.random.default_rng(SEED).integers(0, n_donors, (DRAWS, m))), 1.0 / m)
    placebos = _placebos(counts, donors, n_before, is_demeaned)
    errors = _error(placebos, n_before)
    if error <= least or (errors <= least).any():
        return Synthetic(**{**vars(found), "interval_reason": "the donors fit the days before the test without error: no placebo test"})
    drawn = placebos[:, n_before:].mean(axis=1) / errors
    score = effect / error
    near = 1e-9 * (1 + abs(score))
    extreme = int((np.abs(drawn) >= abs(score) - near).sum() if tails == 2 else (drawn >= score - near).sum())
    p_value = (extreme + 1) / (len(drawn) + 1)
    needed = math.ceil(level / (1 - level) - 1e-9)
    if n_donors < needed:
        why = f"{n_donors} donors: an interval of {100 * level:g} % by placebos needs {needed}"
        return Synthetic(**{**vars(found), "p_value": p_value, "n_placebos": len(drawn), "interval_reason": why})
    # the largest score that is not yet among the rarest (1 - level) of all
    rank = math.floor((1 - level) * (len(drawn) + 1) + 1e-9)
    width = max(float(np.sort(np.abs(drawn) if tails == 2 else drawn)[-rank]), 0.0) * error
    return Synthetic(
        **{
            **vars(found),
            "p_value": p_value,
            "n_placebos": len(drawn),
            "lo": effect - width,
            "hi": effect + width if tails == 2 else None,
        }
    )

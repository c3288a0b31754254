"""Treated units and donors, day by day -> the effect on the mean of the treated ones: a weighted mean of donors stands for each of them.

Abadie, Diamond and Hainmueller 2010 with all days before the test as predictors, weights on the simplex; demeaned as Doudchenko and Imbens
2016 and Ferman and Pinto 2021 have it. P and interval by placebos in space: each donor in turn is held against the other donors."""

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


@dataclass(frozen=True)
class Synthetic:
    """`effect` is the mean over the days after of treated less synthetic, with limits and p; NaN or None where a reason says why.

    `weights` (m, J) of each treated unit, `gap` (T) the mean of treated less synthetic."""

    effect: float
    lo: float | None
    hi: float | None
    p_value: float | None
    prefit_rmspe_pct: float
    weights: Matrix
    gap: Vector
    n_placebos: int = 0
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


def _studentised(gaps: Matrix, n_before: int) -> Vector:
    """Mean of each row (.., T) after over its root mean square before: how unlike the days after are."""
    return np.asarray(gaps[:, n_before:].mean(axis=1) / np.sqrt(np.mean(gaps[:, :n_before] ** 2, axis=1)))


def synthetic_control(
    treated: Matrix, donors: Matrix, n_before: int, is_demeaned: bool = False, level: float = 0.95, tails: int = 2
) -> Synthetic:
    """treated (m, T), donors (J, T): the outcome of each unit, one value a day, the first n_before of them before the test.

    p is the share of placebos, with the treated units themselves, whose mean gap after, in units of their error before, is as large. With
    several treated units a placebo is the mean of as many donors, drawn 9,999 times by a seed. The interval holds what, taken off the days
    after, would leave a p above 1 - level: it needs level/(1 - level) donors, 19 for 95 %."""
    m, n_donors = len(treated), len(donors)
    nothing = Synthetic(math.nan, None, None, None, math.nan, np.empty((m, n_donors)), np.empty(0))
    if n_before < FEWEST_BEFORE or treated.shape[1] <= n_before:
        return Synthetic(**{**vars(nothing), "reason": f"{n_before} days before the test: at least {FEWEST_BEFORE} are needed"})
    if n_donors < 2:
        return Synthetic(**{**vars(nothing), "reason": "fewer than 2 donors"})
    own = [_gap(unit, donors, n_before, is_demeaned) for unit in treated]
    gap = np.mean([one for one, _ in own], axis=0)
    effect = float(gap[n_before:].mean())
    error = math.sqrt(float(np.mean(gap[:n_before] ** 2)))
    mean = float(treated[:, :n_before].mean())
    found = Synthetic(
        effect, None, None, None, 100 * error / abs(mean) if mean else math.inf, np.array([weights for _, weights in own]), gap
    )
    # a synthetic control without error before says nothing about its error after
    least = 1e-6 * max(float(np.abs(donors).max()), float(np.abs(treated).max()))
    placebos = np.array([_gap(donors[j], np.delete(donors, j, axis=0), n_before, is_demeaned)[0] for j in range(n_donors)])
    errors = np.sqrt(np.mean(placebos[:, :n_before] ** 2, axis=1))
    if error <= least or (errors <= least).any():
        return Synthetic(**{**vars(found), "interval_reason": "the donors fit the days before the test without error: no placebo test"})
    if m == 1:
        drawn = _studentised(placebos, n_before)
    else:
        chosen = np.random.default_rng(SEED).integers(0, n_donors, (DRAWS, m))
        counts = np.zeros((DRAWS, n_donors))
        np.add.at(counts, (np.arange(DRAWS)[:, None], chosen), 1.0 / m)
        drawn = _studentised(counts @ placebos, n_before)
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

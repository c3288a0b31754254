"""Who was engaged, what became of them, and what they were like before -> the difference, naive beside adjusted (grade C).

Arrays have one entry per unit (a client at a landmark); `covariates` a row per unit, all of them from before the exposure.
The adjusted figure is the effect if nothing else made the engaged different; the E-value says how much else it would take.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri, stdtr, stdtrit

MINIMUM_UNITS = 30  # of each group
MINIMUM_OUTCOMES = 5  # kept, and lost, of each group: below it no normal limit holds
MINIMUM_MATCHED = 0.8
CALIPER = 0.2  # standard deviations of the logit of the propensity (Austin 2011)
CLIP = 0.01  # a propensity nearer to 0 or 1 would give one unit the weight of a hundred
STRATA = 5  # Cochran 1968: five take away nine tenths of a bias
RIDGE = 0.01  # on standardised covariates: as good as none, and finite where a covariate separates the groups
Z = float(ndtri(0.975))
METHOD = "AIPW, logistic propensity and outcome models, 95 % of the influence function"
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Limits = tuple[float, float, float]


@dataclass(frozen=True)
class Comparison:
    """Differences of the kept shares as (value, lo, hi), engaged less the others; None where `reason` says why.

    `smd_before`, `smd_after`: greatest standardised difference of a covariate before and after weighting; `matched_share`: of all
    units, those with one of the other group within the caliper; E-values of the ratio of kept shares, and of its limit nearer to 1."""

    n1: int
    n0: int
    naive: Limits | None = None
    adjusted: Limits | None = None
    stratified: Limits | None = None
    smd_before: float | None = None
    smd_after: float | None = None
    matched_share: float | None = None
    e_value: float | None = None
    e_value_limit: float | None = None
    negative_control_p: float | None = None
    reason: str | None = None


def e_value(ratio: float) -> float:
    """How strongly a hidden confounder must go with both exposure and outcome, as a risk ratio, to explain a risk ratio away
    (VanderWeele and Ding 2017)."""
    if ratio <= 0:
        return math.inf
    away = max(ratio, 1 / ratio)
    return away + math.sqrt(away * (away - 1))


def wilson(kept: int, n: int) -> Limits:
    """A share with Wilson's 95 % limits."""
    share = kept / n
    centre = share + Z**2 / (2 * n)
    width = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return share, max(0.0, (centre - width) / (1 + Z**2 / n)), min(1.0, (centre + width) / (1 + Z**2 / n))


def newcombe(kept1: int, n1: int, kept0: int, n0: int) -> Limits:
    """Difference of two shares with 95 % limits, method 10 of Newcombe (1998)."""
    p1, l1, u1 = wilson(kept1, n1)
    p0, l0, u0 = wilson(kept0, n0)
    return p1 - p0, p1 - p0 - math.hypot(p1 - l1, u0 - p0), p1 - p0 + math.hypot(u1 - p1, p0 - l0)


def logistic(x: Vector, y: Vector) -> Vector:
    """Coefficients of a logistic regression of y (0 or 1) on x, whose first column is 1, by Newton's method; `RIDGE` on the others."""
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 0.0
    beta = np.zeros(x.shape[1])
    mean = min(max(float(y.mean()), 1e-3), 1 - 1e-3)
    beta[0] = math.log(mean / (1 - mean))
    for _ in range(100):
        p = expit(x @ beta)
        weight = np.maximum(p * (1 - p), 1e-9)
        step = np.linalg.solve((x * weight[:, None]).T @ x + np.diag(penalty + 1e-9), x.T @ (y - p) - penalty * beta)
        beta = beta + step * min(1.0, 5 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-10:
            break
    return beta


def _design(covariates: Vector) -> Vector:
    """Standardised covariates behind a column of 1; one that does not vary tells nothing and is left out."""
    spread = covariates.std(axis=0)
    varies = spread > 1e-12 * (1 + np.abs(covariates).max(axis=0, initial=0.0))
    standardised = (covariates[:, varies] - covariates[:, varies].mean(axis=0)) / spread[varies]
    return np.column_stack([np.ones(len(covariates)), standardised])


def propensity(is_engaged: Flags, covariates: Vector) -> Vector:
    """The chance of being engaged, given what a unit was like before."""
    x = _design(covariates)
    return np.clip(expit(x @ logistic(x, is_engaged.astype(np.float64))), CLIP, 1 - CLIP)


def matched_share(is_engaged: Flags, score: Vector) -> float:
    """Share of units that have one of the other group within the caliper of the propensity's logit."""
    logit = np.log(score / (1 - score))
    spread = math.sqrt((logit[is_engaged].var() + logit[~is_engaged].var()) / 2)
    matched = 0
    for side in (is_engaged, ~is_engaged):
        others = np.sort(logit[~side])
        place = np.searchsorted(others, logit[side])
        below = np.abs(logit[side] - others[np.maximum(place - 1, 0)])
        above = np.abs(logit[side] - others[np.minimum(place, len(others) - 1)])
        matched += int((np.minimum(below, above) <= CALIPER * spread + 1e-9).sum())
    return matched / len(logit)


def greatest_difference(is_engaged: Flags, covariates: Vector, weight: Vector) -> float:
    """The greatest standardised difference of the (weighted) means of a covariate; spread is that before weighting."""
    engaged, others = covariates[is_engaged], covariates[~is_engaged]
    spread = np.sqrt((engaged.var(axis=0) + others.var(axis=0)) / 2)
    apart = np.abs(np.average(engaged, axis=0, weights=weight[is_engaged]) - np.average(others, axis=0, weights=weight[~is_engaged]))
    return float(np.max(apart[spread > 0] / spread[spread > 0], initial=0.0))


def kept_shares(is_engaged: Flags, outcome: Vector, covariates: Vector, score: Vector) -> tuple[Vector, Vector]:
    """Per unit its part in the two kept shares, had all been engaged and had none (Robins, Rotnitzky and Zhao 1994): their means are
    the shares, and their spread is what the limits rest on. Right if the propensity or the outcome model is."""
    x, parts = _design(covariates), []
    for side, chance in ((is_engaged, score), (~is_engaged, 1 - score)):
        expected = expit(x @ logistic(x[side], outcome[side]))
        parts.append(expected + side / chance * (outcome - expected))
    return parts[0], parts[1]


def _difference(parts: tuple[Vector, Vector], terms: int) -> tuple[float, float]:
    """Mean difference and its standard error; each of the two outcome models cost the units as many coefficients as `terms`."""
    each = parts[0] - parts[1]
    return float(each.mean()), math.sqrt(float(each.var()) / max(len(each) - 2 * terms, 1))


def _stratified(is_engaged: Flags, outcome: Vector, score: Vector) -> Limits | None:
    """Difference within fifths of the propensity, each counted by its units; fifths without one of the groups are left out."""
    fifth = np.searchsorted(np.quantile(score, np.arange(1, STRATA) / STRATA), score, side="left")
    value = variance = total = 0.0
    for stratum in range(STRATA):
        engaged, others = outcome[is_engaged & (fifth == stratum)], outcome[~is_engaged & (fifth == stratum)]
        if len(engaged) < 2 or len(others) < 2:
            continue
        n = len(engaged) + len(others)
        value += n * (engaged.mean() - others.mean())
        variance += n**2 * (engaged.var(ddof=1) / len(engaged) + others.var(ddof=1) / len(others))
        total += n
    if not total:
        return None
    value, width = value / total, Z * math.sqrt(variance) / total
    return value, value - width, value + width


def _e_values(parts: tuple[Vector, Vector], width: float, adjusted: Limits) -> tuple[float | None, float | None]:
    """E-value of the ratio of the kept shares, and of its limit nearer to 1 (1 where the interval spans no difference)."""
    share1, share0 = float(parts[0].mean()), float(parts[1].mean())
    if share1 <= 0 or share0 <= 0:
        return None, None
    ratio = share1 / share0
    # the logarithm of the ratio moves as its parts do, relative to their shares
    log_width = width * math.sqrt(float((parts[0] / share1 - parts[1] / share0).var()) / max(float((parts[0] - parts[1]).var()), 1e-300))
    limit = max(1.0, ratio * math.exp(-log_width)) if ratio > 1 else min(1.0, ratio * math.exp(log_width))
    return e_value(ratio), 1.0 if adjusted[1] <= 0 <= adjusted[2] else e_value(limit)


def negative_control(is_engaged: Flags, outcome: Vector, covariates: Vector) -> float | None:
    """The two-sided p of the adjusted difference in an outcome that the exposure cannot touch (0 or 1, NaN where unknown); a small one
    says that the groups differ in what was not measured. None where there is too little to tell."""
    known = ~np.isnan(outcome)
    is_engaged, outcome, covariates = is_engaged[known], outcome[known], covariates[known]
    if _too_little(is_engaged, outcome):
        return None
    parts = kept_shares(is_engaged, outcome, covariates, propensity(is_engaged, covariates))
    terms = _design(covariates).shape[1]
    value, error = _difference(parts, terms)
    return float(2 * stdtr(_degrees(is_engaged, terms), -abs(value / error))) if error > 0 else None


def _degrees(is_engaged: Flags, terms: int) -> float:
    """Degrees of freedom: what the outcome model of the smaller group left of it."""
    return float(max(min(is_engaged.sum(), (~is_engaged).sum()) - terms, 1))


def _too_little(is_engaged: Flags, outcome: Vector) -> str | None:
    for name, side in (("engaged", is_engaged), ("not engaged", ~is_engaged)):
        n, kept = int(side.sum()), int(outcome[side].sum())
        if n < MINIMUM_UNITS:
            return f"too few {name} clients (n = {n}, {MINIMUM_UNITS} needed)"
        if min(kept, n - kept) < MINIMUM_OUTCOMES:
            return f"too few {name} clients were {'kept' if kept < n - kept else 'lost'} ({min(kept, n - kept)}, {MINIMUM_OUTCOMES} needed)"
    return None


def compare(is_engaged: Flags, outcome: Vector, covariates: Vector, control: Vector | None = None) -> Comparison:
    """The naive and the adjusted difference of `outcome` (1 kept, 0 lost). `control`: the negative-control outcome, NaN where unknown."""
    # one order, whatever order the rows came in: the sums then agree to the last digit
    control = np.full(len(outcome), np.nan) if control is None else control
    order = np.lexsort(np.column_stack([np.nan_to_num(control, nan=-1.0), covariates, outcome, is_engaged]).T)
    is_engaged, outcome, covariates, control = is_engaged[order], outcome[order], covariates[order], control[order]
    n1, n0 = int(is_engaged.sum()), int((~is_engaged).sum())
    if not n1 or not n0:
        return Comparison(n1, n0, reason="none was engaged" if not n1 else "all were engaged")
    naive = newcombe(int(outcome[is_engaged].sum()), n1, int(outcome[~is_engaged].sum()), n0)
    reason = _too_little(is_engaged, outcome)
    if reason:
        return Comparison(n1, n0, naive, reason=reason)
    score = propensity(is_engaged, covariates)
    matched = matched_share(is_engaged, score)
    before = greatest_difference(is_engaged, covariates, np.ones(len(outcome)))
    if matched < MINIMUM_MATCHED:
        reason = f"the groups are too unlike: only {matched:.0%} of the clients have one like them in the other group"
        return Comparison(n1, n0, naive, smd_before=before, matched_share=matched, reason=reason)
    parts, terms = kept_shares(is_engaged, outcome, covariates, score), _design(covariates).shape[1]
    value, error = _difference(parts, terms)
    width = float(stdtrit(_degrees(is_engaged, terms), 0.975)) * error
    adjusted = (value, value - width, value + width)
    strength, strength_limit = _e_values(parts, width, adjusted)
    weight = np.where(is_engaged, 1 / score, 1 / (1 - score))
    return Comparison(
        n1,
        n0,
        naive,
        adjusted,
        _stratified(is_engaged, outcome, score),
        before,
        greatest_difference(is_engaged, covariates, weight),
        matched,
        strength,
        strength_limit,
        negative_control(is_engaged, control, covariates),
    )

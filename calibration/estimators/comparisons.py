"""Engaged clients against others (grade C): AIPW, strata and the naive difference, in companies where being kept has known causes."""

from functools import cache, partial

import numpy as np
from scipy.special import expit

from calibration.study import Draws, Estimator, Vector, World
from pipelines.estimates.adjusted_comparison import compare

CLIENTS = 600
EFFECT = 0.45  # on the logit of being kept
ENGAGED = np.array([-0.3, 0.7, 0.5, -0.3])  # logit of being engaged: constant, and what was measured before
KEPT = np.array([1.2, 0.8, 0.5, -0.3])
HIDDEN = 0.8  # what nobody measured moves both logits by so much a standard deviation
CLUSTER = 10  # clients of one account manager
Population = tuple[Vector, Vector, Vector, Vector]


def population(
    random: np.random.Generator, n: int, effect: float, hidden: float = 0.0, cluster: float = 0.0, few: float = 0.0, spread: float = 0.0
) -> Population:
    """Measured covariates, the chance of being engaged, and of being kept with and without it. `cluster`: correlation of what clients of
    one manager share, in being engaged as in being kept; `spread`: standard deviation of the logarithm of the first covariate."""
    measured = random.normal(size=(n, 3))
    shown = measured.copy()
    if spread:
        shown[:, 0] = np.exp(spread * measured[:, 0])  # revenue, as it is recorded; what acts is its logarithm
    unseen = hidden * random.normal(size=n)
    shared = np.sqrt(cluster / (1 - cluster)) * 1.8 * np.repeat(random.normal(size=(-(-n // CLUSTER), 2)), CLUSTER, axis=0)[:n]
    engaged = expit(ENGAGED[0] + few + measured @ ENGAGED[1:] + unseen + shared[:, 0])
    logit = KEPT[0] + measured @ KEPT[1:] + unseen + shared[:, 1]
    return shown, engaged, expit(logit + effect), expit(logit)


@cache
def _effect(effect: float, hidden: float, cluster: float) -> float:
    """Mean effect in the population on the share kept."""
    _, _, with_it, without = population(np.random.default_rng(1), 2_000_000, effect, hidden, cluster)
    return float((with_it - without).mean())


def _compared(
    random: np.random.Generator,
    n: int,
    planted: bool,
    kind: str,
    interference: float = 0.0,
    hidden: float = 0.0,
    cluster: float = 0.0,
    few: float = 0.0,
    spread: float = 0.0,
) -> Draws:
    effect = EFFECT if planted else 0.0
    limits = np.full((n, 3), np.nan)
    for company in range(n):
        shown, chance, with_it, without = population(random, CLIENTS, effect, hidden, cluster, few, spread)
        engaged = random.random(CLIENTS) < chance
        # a part of the effect reaches those who only hear of it
        kept = np.where(engaged, with_it, without + interference * (with_it - without))
        found = getattr(compare(engaged, (random.random(CLIENTS) < kept).astype(np.float64), shown), kind)
        if found is not None:
            limits[company] = found
    truth = _effect(effect, hidden, cluster)
    return Draws(limits[:, 0], limits[:, 1], limits[:, 2], np.full(n, truth))


@cache
def _naive_difference(effect: float) -> float:
    _, chance, with_it, without = population(np.random.default_rng(2), 2_000_000, effect)
    return float(np.average(with_it, weights=chance) - np.average(without, weights=1 - chance))


def _naive(random: np.random.Generator, n: int, planted: bool) -> Draws:
    drawn = _compared(random, n, planted, "naive")
    effect = EFFECT if planted else 0.0
    return Draws(drawn.value, drawn.lo, drawn.hi, np.full(n, _naive_difference(effect)), causal=drawn.truth)


def _worlds(kind: str) -> tuple[World, ...]:
    def world(name: str, about: str = "", **more: float) -> World:
        return World(name, partial(_compared, kind=kind, **more), about)  # type: ignore[arg-type]

    return (
        world("assumptions"),
        world("heavy_tails", "the strongest covariate is recorded as an amount whose logarithm acts (sd of log 1.6)", spread=1.6),
        world(
            "clusters_3",
            "clients of one account manager, ten each, are engaged and kept alike (correlation .3 of what is not measured)",
            cluster=0.3,
        ),
        world("hidden_confounder", hidden=HIDDEN),
        world("interference", "half of the effect reaches those who were not engaged", interference=0.5),
        world("five_treated", "about 5 of 600 clients are engaged", few=-5.6),
    )


SUBJECT = "Engaged clients against others"
ESTIMATORS = [
    Estimator(
        "retention_lift",
        "Adjusted difference of the shares kept: AIPW",
        "the mean effect of engagement on being kept, if all confounders are measured",
        "pipelines/estimates/adjusted_comparison.compare",
        _worlds("adjusted"),
        chunk=250,
        shows=("roi.retention_lift: value",),
    ),
    Estimator(
        "retention_lift_strata",
        "The same by fifths of the propensity",
        "the same; fifths leave about a tenth of the bias",
        "pipelines/estimates/adjusted_comparison.compare",
        _worlds("stratified"),
        chunk=250,
        shows=("roi.retention_lift: stratified",),
    ),
    Estimator(
        "retention_lift_naive",
        "Naive difference of the shares kept: Newcombe",
        "the difference between the two groups as they are, which is not the effect of engagement",
        "pipelines/estimates/adjusted_comparison.compare",
        (World("assumptions", _naive, "the confounders of the adjusted figures, and nothing done about them"),),
        chunk=250,
        note="Naive engagement comparisons miss the effect: see *effect covered* and the false positives.",
        shows=("roi.retention_lift: naive",),
    ),
]

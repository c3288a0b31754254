"""Tests (grades A and B): randomised, difference in differences, synthetic control, interrupted time series, time-based regression."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from calibration.panels import Market
from calibration.product import Product
from calibration.study import SLOW, Draws, Estimator, Vector, World
from pipelines.estimates.experiments.effects import Effect
from pipelines.estimates.experiments.panels import Panel, panel_effect
from pipelines.estimates.experiments.units import Units, effect_of

LIFT = 0.05  # of the size of a unit
START = np.datetime64("2026-03-02")
COST, MARGIN_RATE = 1000.0, 0.5
MARKET = Market()
FEW = Market(treated=1, control=25, before=60, test=21, spread=0.3, own=0.08)
ONE = Market(treated=1, control=0, before=90, test=28, spread=0.0, own=0.08, shared=0.0, rho=0.3)
GROUPS = Market(treated=15, control=15, before=56, test=28, own=0.15, shared=0.1)
Found = Callable[[Market, Vector, Vector], Effect]


def of_units(market: Market, values: Vector, size: Vector, design: str) -> Effect:
    """One number per unit before and in the test."""
    before, test = values[:, : market.before], values[:, market.before :]
    n, ones = len(values), np.ones(len(values))
    centred = np.arange(market.before) - (market.before - 1) / 2
    return effect_of(
        Units(
            kind="money",
            is_treated=market.is_treated,
            pre_value=before.sum(axis=1),
            pre_base=ones * market.before,
            test_value=test.sum(axis=1),
            test_base=ones * market.test,
            post_value=test.sum(axis=1),
            post_base=ones * market.test,
            block=np.zeros(n, dtype=np.int64),
            weight=ones,
            pre_slope=before @ centred / (centred @ centred),
        ),
        design,
    )


def of_panel(market: Market, values: Vector, size: Vector, design: str) -> Effect:
    """Days as they are."""
    panel = Panel(
        kind="money",
        is_treated=market.is_treated,
        weight=np.ones(len(values)),
        value=values,
        base=np.ones_like(values),
        dates=START + np.arange(market.days),
        phase=(np.arange(market.days) >= market.before).astype(np.int64),
    )
    return panel_effect(panel, design)


def _limits(found: Sequence[Effect], name: str) -> tuple[Vector, Vector, Vector]:
    rows = [getattr(one, name) or (math.nan, math.nan, math.nan) for one in found]
    table = np.array([[math.nan if value is None else value for value in row] for row in rows], dtype=np.float64)
    return table[:, 0], table[:, 1], table[:, 2]


def _tested(random: np.random.Generator, n: int, planted: bool, estimate: Found, market: Market) -> Draws:
    """The effect in per cent of what would have been: its truth is the lift."""
    lift = LIFT if planted else 0.0
    found = [estimate(market, *market.draw(random, lift)) for _ in range(n)]
    value, lo, hi = _limits(found, "percent")
    p = np.array([math.nan if one.p_value is None else one.p_value for one in found])
    return Draws(value, lo, hi, np.full(n, 100 * lift), p_value=p)


def _returned(random: np.random.Generator, n: int, planted: bool, market: Market) -> Draws:
    """iROI of a randomised test from roi.experiments; its truth is that of the treated units of the test."""
    lift = LIFT if planted else 0.0
    drawn = [market.draw(random, lift) for _ in range(n)]
    found = [of_units(market, values, size, "randomised") for values, size in drawn]
    names: NDArray[np.str_] = np.arange(n).astype(str)
    total, effect = _limits(found, "total"), _limits(found, "effect")
    product = Product()
    product.give(
        "core_experiments",
        {
            "experiment_id": names,
            "outcome": np.full(n, "revenue"),
            "outcome_kind": np.full(n, "money"),
            "design": np.full(n, "randomised"),
            "starts_on": np.full(n, START),
            "evidence_grade": np.full(n, "A"),
        }
        | {f"effect{limit}": values for limit, values in zip(("", "_lo", "_hi"), effect, strict=True)}
        | {f"effect_total{limit}": values for limit, values in zip(("", "_lo", "_hi"), total, strict=True)},
    )
    plans = {"experiment_id": names, "cost": np.full(n, COST), "currency": np.full(n, "USD"), "margin_rate": np.full(n, MARGIN_RATE)}
    product.give("int_experiments", plans | {"starts_on": np.full(n, START)})
    rows = product.rows("roi_experiments", "select iroi, iroi_lo, iroi_hi from {name} order by cast(experiment_id as integer)")
    product.connection.close()
    caused = np.array([lift / (1 + lift) * values[market.is_treated, market.before :].sum() for values, _ in drawn])
    return Draws(rows["iroi"], rows["iroi_lo"], rows["iroi_hi"], caused * MARGIN_RATE / COST - 1)


SIZES = "units differ wildly in size (sd of log 1.6)"
REGIONS = "units lie in regions of 5 that move together (correlation .3)"


def _worlds(estimate: Found, market: Market, confounder: str, trend: float = 0.04, few: int | None = None) -> tuple[World, ...]:
    """The worlds of a design with treated and control units; `trend` is what the treated have that nobody measured; `few`: companies of
    the world with five treated units, where they are fewer than of the others."""

    def world(name: str, about: str = "", **changed: float) -> World:
        return World(name, partial(_tested, estimate=estimate, market=replace(market, **changed)), about)  # type: ignore[arg-type]

    return (
        world("assumptions"),
        world("ar_6", rho=0.6),
        world("heavy_tails", SIZES, spread=1.6),
        world("clusters_3", REGIONS, cluster=0.3),
        world("hidden_confounder", confounder, trend=trend),
        replace(world("five_treated", treated=5), replicates=few),
        world("interference", "half of the effect reaches the control units", spillover=0.5),
    )


def _return_worlds() -> tuple[World, ...]:
    def world(name: str, about: str = "", **changed: float) -> World:
        return World(name, partial(_returned, market=replace(MARKET, **changed)), about)  # type: ignore[arg-type]

    return (
        world("assumptions"),
        world("heavy_tails", SIZES, spread=1.6),
        world("five_treated", treated=5),
        world("interference", "half of the effect reaches the control units", spillover=0.5),
    )


EFFECTS = tuple(f"{mart}.experiments: {name}" for mart in ("core", "roi") for name in ("effect*", "p_value"))
ANYWAY = "the treated would have grown by 4 % anyway"
SUBJECT = "Tests"
ESTIMATORS = [
    Estimator(
        "randomised",
        "Randomised test: Welch t on the log of test over before, p by permutation",
        "the effect in per cent",
        "pipelines/estimates/experiments/units.effect_of",
        _worlds(partial(of_units, design="randomised"), MARKET, f"the draw was not random: {ANYWAY}"),
        replicates=SLOW,
        chunk=125,
        shows=(*EFFECTS,),
    ),
    Estimator(
        "did",
        "Difference in differences: Welch t on the log of test over before",
        "the effect in per cent",
        "pipelines/estimates/experiments/units.effect_of",
        _worlds(partial(of_units, design="did"), MARKET, ANYWAY),
        shows=(*EFFECTS,),
    ),
    Estimator(
        "synthetic_control",
        "Synthetic control of 25 donors: placebo inversion",
        "the effect in per cent",
        "pipelines/estimates/experiments/panels.panel_effect",
        _worlds(partial(of_panel, design="synthetic_control"), FEW, ANYWAY, few=SLOW),
        note="P of 25 placebos moves in steps of 1/26: at 5 % only the first of them rejects, so that 3.8 % false positives and a cover of 96.2 % are what an exact test gives.",
        shows=(*EFFECTS,),
    ),
    Estimator(
        "tbr",
        "Time-based regression of two groups of regions, with AR(1) errors",
        "the effect in per cent",
        "pipelines/estimates/experiments/panels.panel_effect",
        _worlds(partial(of_panel, design="tbr"), GROUPS, ANYWAY),
        shows=(*EFFECTS,),
    ),
    Estimator(
        "its_control",
        "Interrupted time series against a control group: REML AR(1)",
        "the effect in per cent",
        "pipelines/estimates/experiments/panels.panel_effect",
        _worlds(partial(of_panel, design="its"), GROUPS, ANYWAY),
        shows=(*EFFECTS,),
    ),
    Estimator(
        "its",
        "Interrupted time series without control: REML AR(1)",
        "the effect in per cent",
        "pipelines/estimates/experiments/panels.panel_effect",
        (
            World("assumptions", partial(_tested, estimate=partial(of_panel, design="its"), market=ONE)),
            World("ar_6", partial(_tested, estimate=partial(of_panel, design="its"), market=replace(ONE, rho=0.6))),
            World("five_treated", partial(_tested, estimate=partial(of_panel, design="its"), market=replace(ONE, treated=5, spread=0.6))),
            World(
                "hidden_confounder",
                partial(_tested, estimate=partial(of_panel, design="its"), market=replace(ONE, trend=0.04)),
                "something else raised sales by 4 % on the same day",
            ),
        ),
        shows=(*EFFECTS,),
    ),
    Estimator(
        "iroi",
        "iROI of a randomised test",
        "margin that the test caused, less its cost, over its cost",
        "roi.experiments, pipelines/estimates/experiments/units.effect_of",
        _return_worlds(),
        replicates=SLOW,
        chunk=125,
        no_effect=-1.0,
        shows=(
            "roi.experiments: iroi",
            "roi.experiments: iroas",
            "roi.channel_summary: iroi",
        ),
    ),
]

"""P values without an interval: the checks that demote a design, the negative control, and the flags of changed indicators."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from calibration.conversations import actor_months, beta_shares, cells, even
from calibration.estimators.comparisons import CLIENTS, population
from calibration.estimators.experiments import GROUPS, MARKET, REGIONS, Found, of_panel, of_units
from calibration.panels import Market
from calibration.product import Product
from calibration.study import SLOW, Draws, Estimator, World, check
from pipelines.estimates.adjusted_comparison import compare

DRIFT = 0.15  # by so much of their size the treated grow over the days before the test, where they do
UNITS = 40
AUDIENCES, CHANGE = 20, 0.15  # tested together for one month; what is answered more often in the second month, where it is
START = np.datetime64("2026-03-02")


def _before(random: np.random.Generator, n: int, planted: bool, estimate: Found, market: Market, jumps: bool = False) -> Draws:
    """Planted: the treated grew before the test already, day by day, or at once two weeks before it (`jumps`)."""
    p = np.full(n, np.nan)
    days = np.arange(market.days)
    growth = DRIFT * (days >= market.before - 14 if jumps else np.clip(days / market.before, 0, 1))
    for company in range(n):
        values, size = market.draw(random, 0.0)
        if planted:
            values = values + size[:, None] * np.outer(market.is_treated, growth)
        found = estimate(market, values, size).pretrend_p
        p[company] = math.nan if found is None else found
    return check(p)


def _shared_out(random: np.random.Generator, n: int, planted: bool, units: int = UNITS) -> Draws:
    """Planted: units reach the treated arm with a chance of .7, where half was planned."""
    is_treated = random.random((n, units)) < (0.7 if planted else 0.5)
    experiment = np.arange(n).astype(str)
    product = Product()
    plan = {"experiment_id": experiment, "design": np.full(n, "randomised"), "expected_share": np.full(n, 0.5)}
    product.give("int_experiments", plan | {"starts_on": np.full(n, START), "ends_on": np.full(n, START + 27)})
    rows = {
        "experiment_id": np.repeat(experiment, units),
        "outcome": np.full(n * units, "revenue"),
        "outcome_kind": np.full(n * units, "money"),
        "unit_id": np.arange(n * units).astype(str),
        "is_treated": is_treated.ravel(),
        "is_contradictory": np.zeros(n * units, dtype=np.bool_),
    }
    product.give("int_experiment_units", rows)
    found = product.rows("core_experiments", "select srm_p from {name} order by cast(experiment_id as integer)")
    product.connection.close()
    return check(found["srm_p"])


def _control_outcome(random: np.random.Generator, n: int, planted: bool, cluster: float = 0.0) -> Draws:
    """An outcome from before the exposure that has the causes of being kept; planted: also one that nobody measured, which moves both."""
    p = np.full(n, np.nan)
    for company in range(n):
        shown, chance, _, without = population(random, CLIENTS, 0.0, 0.8 if planted else 0.0, cluster)
        engaged = random.random(CLIENTS) < chance
        kept, control = (random.random((2, CLIENTS)) < without).astype(np.float64)
        found = compare(engaged, kept, shown, control).negative_control_p
        p[company] = math.nan if found is None else found
    return check(p)


def _flags(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    """The least q of 20 audiences' share answered in a month; a company has months of its own. Planted: one in four changed."""
    parts: list[dict[str, Any]] = []
    shift = np.where((np.arange(AUDIENCES) % 4 == 0) & planted, CHANGE, 0.0)
    for company in range(n):
        share = beta_shares(random, 0.5, correlation, (AUDIENCES, 60))
        for month, own in enumerate((share, share + shift[:, None] * (1 - share) / 0.5)):
            asked = even(random, AUDIENCES)
            rows = actor_months(random.binomial(asked, own), asked, month)
            parts.append(rows | {"month": np.full(asked.size, (np.datetime64("1960-01") + 3 * company + month).astype("datetime64[D]"))})
    product = Product({"indicator_period_kinds": ["month"]})
    product.give("int_message_cells", cells(AUDIENCES))
    product.give("int_actor_months", {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    found = product.rows(
        "relationships_indicators",
        "select date_diff('month', date '1960-02-01', period_start) // 3 as company, min(q_value) as q, "
        "count(*) filter (where is_changed) as flags, count(*) filter (where is_changed and cast(ltrim(audience, 'w') as integer) % 4 > 0) as false_flags "
        "from {name} where period_kind = 'month' and platform = 'all' and indicator = 'response_rate_24h' and q_value is not null group by 1 order by 1",
    )
    product.connection.close()
    return check(found["q"], found["false_flags"] / np.maximum(found["flags"], 1) if planted else None)


GROWN = "Found: the treated grew by 15 % of their size over the days before the test."
SUBJECT = "Checks and flags"
ESTIMATORS = [
    Estimator(
        "pretrend_did",
        "Trends before a difference in differences: Welch t of the units' slopes",
        "none: a p value, which demotes below .10",
        "pipelines/estimates/experiments/units.effect_of",
        (
            World("assumptions", partial(_before, estimate=partial(of_units, design="did"), market=MARKET)),
            World("ar_6", partial(_before, estimate=partial(of_units, design="did"), market=replace(MARKET, rho=0.6))),
            World("clusters_3", partial(_before, estimate=partial(of_units, design="did"), market=replace(MARKET, cluster=0.3)), REGIONS),
            World("five_treated", partial(_before, estimate=partial(of_units, design="did"), market=replace(MARKET, treated=5))),
        ),
        is_check=True,
        note=GROWN,
        shows=("core.experiments: pretrend_p", "roi.experiments: pretrend_p"),
    ),
    Estimator(
        "pretrend_tbr",
        "A test played before a time-based regression: p of its last days before the start",
        "none: a p value, which demotes below .10",
        "pipelines/estimates/experiments/panels.panel_effect",
        (
            World("assumptions", partial(_before, estimate=partial(of_panel, design="tbr"), market=GROUPS)),
            World("ar_6", partial(_before, estimate=partial(of_panel, design="tbr"), market=replace(GROUPS, rho=0.6))),
        ),
        is_check=True,
        note=GROWN,
        shows=("core.experiments: pretrend_p", "roi.experiments: pretrend_p"),
    ),
    Estimator(
        "pretrend_its_control",
        "A test played before an interrupted time series with control",
        "none: a p value, which demotes below .10",
        "pipelines/estimates/experiments/panels.panel_effect",
        (
            World("assumptions", partial(_before, estimate=partial(of_panel, design="its"), market=GROUPS, jumps=True)),
            World("ar_6", partial(_before, estimate=partial(of_panel, design="its"), market=replace(GROUPS, rho=0.6), jumps=True)),
        ),
        is_check=True,
        note="Found: the treated jumped by 15 % of their size two weeks before the test. A steady growth is part of this regression, and no fault of it.",
        shows=("core.experiments: pretrend_p", "roi.experiments: pretrend_p"),
    ),
    Estimator(
        "sample_ratio",
        "Units shared out as planned: sample-ratio test of 40 units",
        "none: a p value, which demotes below .001",
        "core.experiments, macro two_sided_p",
        (World("assumptions", _shared_out),),
        is_check=True,
        note="Found: units reach the treated arm with a chance of .7 where .5 was planned. Whole units make p move in steps: 13 or fewer of 40, or 27 or more, are 3.9 %.",
        shows=("core.experiments: srm_p", "roi.experiments: srm_p"),
    ),
    Estimator(
        "negative_control",
        "Negative-control outcome: AIPW of what came before the exposure",
        "none: a p value, which warns",
        "pipelines/estimates/adjusted_comparison.negative_control",
        (
            World("assumptions", _control_outcome),
            World(
                "clusters_3", partial(_control_outcome, cluster=0.3), "clients of one account manager, ten each, are engaged and kept alike"
            ),
        ),
        chunk=250,
        is_check=True,
        note="Found: something that nobody measured moves engagement and the outcome by .8 of a standard deviation.",
        shows=("roi.retention_lift: negative_control_p",),
    ),
    Estimator(
        "changes_flagged",
        "Flags of changed indicators: Benjamini and Hochberg over 20 audiences of a month",
        "none: the least q value of the month; is_changed asks for q of .10 at most",
        "relationships.indicators",
        (World("assumptions", _flags), World("clusters_3", partial(_flags, correlation=0.3))),
        replicates=SLOW,
        chunk=50,
        is_check=True,
        note="Found: a month in which 5 of 20 audiences are answered .15 more often; *bias* is then the mean share of flags that are false, promised to be .10 at most.",
        shows=("relationships.indicators: q_value", "relationships.indicators: p_value", "relationships.indicators: is_changed"),
    ),
]

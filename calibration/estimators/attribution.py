"""Attributed money (grade D): from journeys and sales through the credit rules to roi.channel_months and its bootstrap-t."""

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from calibration.product import Product
from calibration.study import SLOW, Draws, Estimator, Vector, World

ACCOUNTS = 1_200
MANY_ACCOUNTS = 8_000  # so that buyers of unlike size count for 30 of one size
MONTH = np.datetime64("2026-05-01T00:00:00", "us")
DAY_US = 86_400_000_000
MEAN_ORDER, MARGIN = 1000.0, 0.4
COST_PER_ACCOUNT = 15
GROUP = 5  # accounts of one holding
TOUCHES = np.array([0.8, 0.6])  # mean number of social and of search touches
BUYS = 0.16  # share of accounts that buy without any social touch
LIFT = 0.10  # what social adds to that


def _accounts(
    random: np.random.Generator, n: int, effect: float, spread: float, correlation: float, confounded: float, spillover: float
) -> dict[str, Any]:
    """Accounts at risk: numbers of touches, days before the sale at which they fell, whether it buys, for how much, and its expected
    effect. `confounded`: how far what an account is about to buy anyway brings touches."""
    shared = np.repeat(random.normal(size=-(-n // GROUP)), GROUP)[:n]
    intent = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * random.normal(size=n)
    touches = np.stack([random.poisson(mean * np.exp(confounded * intent - confounded**2 / 2)) for mean in TOUCHES], axis=1)
    base = ndtr(ndtri(BUYS) * np.sqrt(1.5) + np.sqrt(0.5) * intent) if confounded or correlation else np.full(n, BUYS)
    reached = touches[:, 0] > 0
    chance = base + effect * np.where(reached, 1.0, spillover)
    size = np.sqrt(correlation) * np.repeat(random.normal(size=-(-n // GROUP)), GROUP)[:n] + np.sqrt(1 - correlation) * random.normal(
        size=n
    )
    return {
        "touches": touches,
        "buys": random.random(n) < chance,
        "amount": np.round(MEAN_ORDER * np.exp(spread * size - spread**2 / 2), 2),
        "effect": effect * np.where(reached, 1.0, spillover) * MEAN_ORDER * MARGIN,
    }


@cache
def _truth(rule: str, *world: float) -> tuple[float, float]:
    """Per account: the margin that the rule credits to social, and the margin that social caused; of 1,000,000 accounts."""
    random = np.random.default_rng(3)
    found = _accounts(random, 1_000_000, *world)
    social, search = found["touches"].T
    total = social + search
    if rule == "linear":
        credit = np.where(total > 0, social / np.maximum(total, 1), 0.0)
    else:  # days before the sale: social 1 to 28, search 0 to 10; the last of several uniform times
        uniform = random.random((2, len(social)))
        last_social = np.where(social > 0, 1 + 27 * (1 - uniform[0] ** (1 / np.maximum(social, 1))), np.inf)
        last_search = np.where(search > 0, 10 * (1 - uniform[1] ** (1 / np.maximum(search, 1))), np.inf)
        credit = (last_social < last_search).astype(np.float64)
    # for how much an account buys has nothing to do with whether it buys, or why
    return float((credit * found["buys"]).mean()) * MEAN_ORDER * MARGIN, float(found["effect"].mean())


def _given(random: np.random.Generator, n: int, accounts: int, world: tuple[float, ...]) -> dict[str, dict[str, Any]]:
    """Rows of int_conversions and int_journeys; a company's social channel bears its number."""
    found = _accounts(random, n * accounts, *world)
    buyer = np.flatnonzero(found["buys"])
    company = buyer // accounts
    conversion = np.char.add("c", buyer.astype(str))
    at = MONTH + (random.random(len(buyer)) * 30 * DAY_US).astype("timedelta64[us]")
    revenue = found["amount"][buyer]
    conversions = {
        "conversion_id": conversion,
        "kind": np.full(len(buyer), "order"),
        "customer_key": np.char.add("a", buyer.astype(str)),
        "account_id": np.char.add("a", buyer.astype(str)),
        "converted_at": at,
        "converted_month": np.full(len(buyer), MONTH.astype("datetime64[D]")),
        "conversion_clock": np.full(len(buyer), "occurred_at"),
        "sale_kind": np.full(len(buyer), "new"),
        "revenue": revenue,
        "contribution_margin": np.round(revenue * MARGIN, 4),
        "margin_basis": np.full(len(buyer), "actual"),
        "is_new_customer": np.ones(len(buyer), dtype=bool),
        "own_window_starts_at": at - np.timedelta64(30, "D"),
    }
    journeys = []
    for place, (channel, first, last) in enumerate((("social", 1.0, 28.0), ("search", 0.0, 10.0))):
        repeated = found["touches"][buyer, place]
        index = np.repeat(np.arange(len(buyer)), repeated)
        seconds = np.floor((first + (last - first) * random.random(len(index))) * 86_400).astype(np.int64)
        touched = at[index] - seconds.astype("timedelta64[s]").astype("timedelta64[us]")
        journeys.append(
            {
                "conversion_id": conversion[index],
                "converted_month": conversions["converted_month"][index],
                "touch_id": np.char.add(channel, np.arange(len(index)).astype(str)),
                "channel": np.char.add(channel + "|", company[index].astype(str)) if channel == "social" else np.full(len(index), channel),
                "touched_at": touched,
                "touched_month": touched.astype("datetime64[M]").astype("datetime64[D]"),
                "seconds_before": seconds,
            }
        )
    return {"int_conversions": conversions, "int_journeys": {key: np.concatenate([part[key] for part in journeys]) for key in journeys[0]}}


def _series(n: int, rule: str) -> dict[str, Any]:
    """One cell per company is drawn, not all rules and bases."""
    return {
        "series_id": np.arange(n),
        "dimension": np.full(n, "channel"),
        "dimension_value": np.char.add("social|", np.arange(n).astype(str)),
        "basis": np.full(n, "cash"),
        "clock": np.full(n, "cash"),
        "window_months": np.ones(n, dtype=np.int32),
        "model": np.full(n, rule),
        "lookback_rule": np.full(n, "own"),
    }


def _attributed(
    random: np.random.Generator,
    n: int,
    planted: bool,
    rule: str,
    accounts: int = ACCOUNTS,
    spread: float = 0.6,
    correlation: float = 0.0,
    confounded: float = 0.0,
    spillover: float = 0.0,
) -> Draws:
    world = (LIFT if planted else 0.0, spread, correlation, confounded, spillover)
    # a rule's credit does not depend on which other rules are worked out; one of them splits a journey
    product = Product({"attribution_models": list(dict.fromkeys((rule, "linear"))), "attribution_lookbacks": [30]})
    for model, rows in _given(random, n, accounts, world).items():
        product.give(model, rows)
    product.give("int_credit_series", _series(n, rule))
    product.give(
        "int_channel_cost_months",
        {
            "month": np.full(n, MONTH.astype("datetime64[D]")),
            "channel": np.char.add("social|", np.arange(n).astype(str)),
            "kind": np.full(n, "staff"),
            "amount": np.full(n, COST_PER_ACCOUNT * accounts),
            "full_cost": np.full(n, COST_PER_ACCOUNT * accounts),
            "cost_coverage": np.full(n, "given"),
        },
    )
    found: dict[str, NDArray[Any]] = product.rows(
        "roi_channel_months",
        "select cast(split_part(channel, '|', 2) as integer) as company, attributed_roi, lo, hi from {name} where basis = 'cash' and channel like 'social|%' "
        f"and model = '{rule}' and lookback_rule = 'own' and month = date '2026-05-01' order by company",
    )
    product.connection.close()
    columns: dict[str, Vector] = {name: np.full(n, np.nan) for name in ("attributed_roi", "lo", "hi")}
    for name, values in columns.items():
        values[found["company"].astype(np.int64)] = found[name]
    credited, caused = (value / COST_PER_ACCOUNT - 1 for value in _truth(rule, *world))
    return Draws(columns["attributed_roi"], columns["lo"], columns["hi"], np.full(n, credited), causal=np.full(n, caused))


HOLDINGS = "accounts belong to holdings of 5, which buy alike (correlation .3), and nobody knows"
ANYWAY = "who is about to buy anyway meets more touches"
HEARSAY = "half of the effect reaches accounts without a touch"


def _estimator(rule: str, title: str) -> Estimator:
    return Estimator(
        f"attributed_{rule}",
        f"Attributed ROI, {title}: bootstrap-t with Poisson weights",
        "what the rule would credit in the whole population, never the effect",
        "roi.attribution_credits, roi.channel_months, macro bootstrap_t",
        (
            World("assumptions", partial(_attributed, rule=rule)),
            World("heavy_tails", partial(_attributed, rule=rule, spread=1.6, accounts=MANY_ACCOUNTS), chunk=50, has_null=False),
            World("clusters_3", partial(_attributed, rule=rule, correlation=0.3), HOLDINGS, has_null=False),
            World("hidden_confounder", partial(_attributed, rule=rule, confounded=0.8), ANYWAY, has_null=False),
            World("interference", partial(_attributed, rule=rule, spillover=0.5), HEARSAY, has_null=False),
        ),
        replicates=SLOW,
        chunk=250,
        no_effect=-1.0,
        note="Credit is found also where there is no effect: false positives are companies whose credited return leaves -1 although social did nothing.",
        shows=("roi.channel_months: value", "roi.campaigns: value", "roi.channel_summary: value"),
    )


SUBJECT = "Attributed money"
ESTIMATORS = [_estimator("linear", "linear rule"), _estimator("last", "last touch")]

"""Customers over time: Kaplan-Meier curves of contracts, log-rank, and how many purchases a whole group will make (BG/NBD)."""

from datetime import date
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from calibration.conversations import names
from calibration.product import Product
from calibration.study import SLOW, Draws, Estimator, Vector, World
from pipelines.estimates.contracts import AHEAD, VALUE, Lifetime, contract_fits
from pipelines.estimates.customer_value import WEEKS, order_fits

ACCOUNTS = 120
HOLDING = 5  # accounts of one holding, which leave alike where they correlate
HAZARD, MONTH = 0.05, 6  # a month; the month whose share kept is asked after
DAILY, DAY, KEPT_LONGER = 0.002, 180, 0.6  # hazard a day; the day whose share kept is asked after; what engagement leaves of the hazard
LOYALTY = 0.7  # how far a loyalty that nobody measured moves both engagement and the logarithm of the hazard
BUYERS = 400
FIRST_MONTH = date(2024, 1, 1)
RATE, DROPOUT = (0.8, 8.0), (0.8, 3.0)  # gamma (r, alpha) of purchases a week, beta (a, b) of leaving after one


def _curve(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    shared = np.repeat(random.normal(size=(n, ACCOUNTS // HOLDING)), HOLDING, axis=1)
    level = ndtr(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * random.normal(size=(n, ACCOUNTS)))
    leaves = np.ceil(np.log(level) / np.log(1 - HAZARD)).astype(np.int64)  # geometric: the first month without payment
    watched = random.integers(1, 19, (n, ACCOUNTS))
    product = Product()
    product.give(
        "int_account_lifetimes",
        {
            "customer_key": np.arange(n * ACCOUNTS).astype(str),
            "account_id": np.arange(n * ACCOUNTS).astype(str),
            "segment": np.repeat(names(n), ACCOUNTS),
            "is_event": (leaves <= watched).ravel(),
            "months": np.minimum(leaves, watched).ravel(),
        },
    )
    found: dict[str, NDArray[Any]] = product.rows(
        "roi_retention_curves",
        "select segment, max_by(survival, month_number) as value, max_by(coalesce(lo, 'nan'), month_number) as lo, "
        f"max_by(coalesce(hi, 'nan'), month_number) as hi from {{name}} where month_number <= {MONTH} and segment <> 'all' group by segment order by segment",
    )
    product.connection.close()
    return Draws(found["value"], found["lo"], found["hi"], np.full(n, (1 - HAZARD) ** MONTH))


def _clients(
    random: np.random.Generator, n: int, planted: bool, correlation: float, loyalty: float
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Accounts of n holdings of 5: which are engaged, and on which day they leave. Holdings that leave alike are engaged alike."""
    shared, own = np.repeat(random.normal(size=n), HOLDING), random.normal(size=n * HOLDING)
    loyal = random.normal(size=n * HOLDING)
    together = np.repeat(random.random(n), HOLDING) if correlation else random.random(n * HOLDING)
    is_engaged = together < ndtr(loyalty * loyal)
    hazard = DAILY * np.exp(-loyalty * loyal) * np.where(is_engaged & planted, KEPT_LONGER, 1.0)
    level = ndtr(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)
    return is_engaged, np.ceil(np.log(level) / np.log(1 - hazard)).astype(np.int64)


@cache
def _kept_of_the_engaged(planted: bool, loyalty: float) -> float:
    is_engaged, leaves = _clients(np.random.default_rng(7), 200_000, planted, 0.0, loyalty)
    return float((leaves[is_engaged] > DAY).mean())


def _engaged(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0, loyalty: float = 0.0) -> Draws:
    """The curve of the engaged has a truth; whether it differs from the others' is what log-rank is asked."""
    is_engaged, leaves = _clients(random, n * ACCOUNTS // HOLDING, planted, correlation, loyalty)
    watched = random.integers(200, 600, n * ACCOUNTS)
    product = Product({"exposures": ["any_touch"]})
    product.give(
        "int_engaged_lifetimes",
        {
            "landmark_kind": np.full(n * ACCOUNTS, "tenure"),
            "customer_key": np.arange(n * ACCOUNTS).astype(str),
            "segment": np.repeat(names(n), ACCOUNTS),
            "is_event": leaves <= watched,
            "days": np.minimum(leaves, watched),
            "is_any_touch": is_engaged,
        },
    )
    found: dict[str, NDArray[Any]] = product.rows(
        "roi_retention_curves_by_exposure",
        "select segment, max_by(survival, day) as value, max_by(coalesce(lo, 'nan'), day) as lo, max_by(coalesce(hi, 'nan'), day) as hi, "
        f"any_value(log_rank_p) as p from {{name}} where is_engaged and day <= {DAY} and segment <> 'all' group by segment order by segment",
    )
    product.connection.close()
    # a company with too few on one side is shown no curve
    shown = np.searchsorted(names(n), found["segment"].astype(str))
    limits = np.full((4, n), np.nan)
    limits[:, shown] = [found[name] for name in ("value", "lo", "hi", "p")]
    return Draws(limits[0], limits[1], limits[2], np.full(n, _kept_of_the_engaged(planted, loyalty)), p_value=limits[3])


def _bought(random: np.random.Generator, age: Vector, rates: str, later: float) -> tuple[Vector, Vector, Vector]:
    """Per customer: repeat purchases until now, weeks from the first to the last of them, purchases in the weeks ahead, when everybody
    buys `later` times as often."""
    n, (r, alpha), (a, b) = len(age), RATE, DROPOUT
    rate = random.gamma(r, 1 / alpha, n)
    if rates == "lognormal":
        rate = r / alpha * np.exp(1.6 * random.normal(size=n) - 1.6**2 / 2)
    left_after = random.geometric(random.beta(a, b, n))  # the purchase after which a customer is gone
    before, ahead = random.poisson(rate * age), random.poisson(rate * later * WEEKS)
    frequency = np.minimum(before, left_after)
    # the last of them: the frequency-th of `before` uniform times
    order = random.beta(np.maximum(frequency, 1), before - frequency + 1)
    recency = np.where(frequency > 0, order * age, 0.0)
    return frequency.astype(np.float64), recency, np.minimum(ahead, np.maximum(left_after - before, 0)).astype(np.float64)


def _total(random: np.random.Generator, n: int, planted: bool, rates: str = "gamma", later: float = 1.0) -> Draws:
    limits, truth = np.full((n, 3), np.nan), np.empty(n)
    for company in range(n):
        age = random.integers(26, 60, BUYERS).astype(np.float64)
        frequency, recency, ahead = _bought(random, age, rates, later)
        truth[company] = ahead.sum()
        nothing = np.zeros(BUYERS)  # of what the purchases were worth nothing is asked
        for row in order_fits(frequency, recency, age, nothing, np.full(BUYERS, "")):
            if row[:3] == ("bg_nbd", "expected_purchases_39w", "all") and row[5] is not None:
                limits[company] = row[4:7]
    return Draws(limits[:, 0], limits[:, 1], limits[:, 2], truth)


def _worth(random: np.random.Generator, n: int, planted: bool, heavy: bool = False) -> Draws:
    """What the purchases of the next 39 weeks are worth: gamma (1.5, nu), nu gamma (4, 40); or, heavy, lognormal among customers."""
    limits, truth = np.full((n, 3), np.nan), np.empty(n)
    for company in range(n):
        age = random.integers(26, 60, BUYERS).astype(np.float64)
        frequency, recency, ahead = _bought(random, age, "gamma", 1.0)
        nu = random.gamma(4.0, 1 / 40, BUYERS) if not heavy else np.exp(1.6 * random.normal(size=BUYERS)) / 50
        value = np.where(frequency > 0, random.gamma(1.5 * np.maximum(frequency, 1)) / nu / np.maximum(frequency, 1), 0.0)
        truth[company] = np.where(ahead > 0, random.gamma(1.5 * np.maximum(ahead, 1)) / nu, 0.0).sum()
        for row in order_fits(frequency, recency, age, value, np.full(BUYERS, "")):
            if row[:3] == ("gamma_gamma", VALUE, "all") and row[5] is not None:
                limits[company] = row[4:7]
    return Draws(limits[:, 0], limits[:, 1], limits[:, 2], truth)


def _contract_totals(
    random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0, spread: float = 0.6, later: float = 1.0
) -> Draws:
    """What 150 accounts will pay in nine months; they came over two years, and each month one in 33 leaves (`later`: so many times as many
    from now on)."""
    accounts, hazard = 150, 0.03
    limits, truth = np.full((n, 3), np.nan), np.empty(n)
    for company in range(n):
        watched = random.integers(1, 25, accounts)
        shared = np.repeat(random.normal(size=accounts // HOLDING), HOLDING)
        level = ndtr(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * random.normal(size=accounts))
        leaves = np.ceil(np.log(level) / np.log(1 - hazard)).astype(np.int64)
        amount = np.round(100 * np.exp(spread * random.normal(size=accounts) - spread**2 / 2), 2)
        left = leaves <= watched
        rest = np.ceil((leaves - watched) / later)  # months until it leaves, from now on
        truth[company] = (amount * np.minimum(np.maximum(rest - 1, 0), AHEAD) * ~left).sum()
        rows: list[Lifetime] = [
            (FIRST_MONTH, bool(gone), int(min(leave, seen)), int(seen), not gone, paid)
            for gone, leave, seen, paid in zip(left, leaves, watched, amount, strict=True)
        ]
        for row in contract_fits(rows):
            if row[1:3] == (VALUE, "all") and row[5] is not None:
                limits[company] = row[4:7]
    return Draws(limits[:, 0], limits[:, 1], limits[:, 2], truth)


SUBJECT = "Customers over time"
ESTIMATORS = [
    Estimator(
        "retention_curve",
        "Share of accounts kept for six months: Kaplan-Meier, Greenwood log-log",
        "the share kept in the population of accounts",
        "roi.retention_curves, macro kaplan_meier_curve",
        (
            World("assumptions", _curve),
            World("clusters_3", partial(_curve, correlation=0.3), "accounts belong to holdings of 5, which leave alike (correlation .3)"),
        ),
        no_effect=None,
        shows=("roi.retention_curves: value",),
    ),
    Estimator(
        "engaged_curve",
        "Share of engaged clients kept for 180 days: Kaplan-Meier; false positives are those of log-rank against the others",
        "the share kept in the population of engaged clients as they are",
        "roi.retention_curves_by_exposure, macros kaplan_meier_curve and log_rank",
        (
            World("assumptions", _engaged),
            World("clusters_3", partial(_engaged, correlation=0.3), "holdings of 5 leave alike (correlation .3) and are engaged alike"),
            World("hidden_confounder", partial(_engaged, loyalty=LOYALTY), "loyal clients are engaged more often and stay longer anyway"),
        ),
        note="Log-rank tells whether the groups as they are differ, never why: where loyalty moves both, it finds the difference that loyalty makes.",
        shows=(
            "roi.retention_curves_by_exposure: value",
            "roi.retention_curves_by_exposure: log_rank_p",
            "roi.retention_curves: log_rank_p",
        ),
    ),
    Estimator(
        "customer_totals",
        "Purchases of 400 customers in the next 39 weeks: BG/NBD, parametric bootstrap",
        "the number that they do make (a prediction)",
        "pipelines/estimates/customer_value.order_fits",
        (
            World("assumptions", _total),
            World(
                "heavy_tails",
                partial(_total, rates="lognormal"),
                "how often customers buy differs more than the model has it (sd of log 1.6)",
            ),
            World("market_falls", partial(_total, later=0.7), "everybody buys 30 % less often from now on"),
        ),
        replicates=SLOW,
        chunk=50,
        no_effect=None,
        shows=("roi.customer_value_fits: expected_purchases_39w",),
    ),
    Estimator(
        "customer_worth",
        "What those purchases are worth: BG/NBD and gamma-gamma, parametric bootstrap",
        "the money that they do bring (a prediction)",
        "pipelines/estimates/customer_value.order_fits",
        (
            World("assumptions", _worth),
            World("heavy_tails", partial(_worth, heavy=True), "what a purchase is worth differs wildly among customers (sd of log 1.6)"),
        ),
        replicates=SLOW,
        chunk=50,
        no_effect=None,
        shows=("roi.customer_value_fits: expected_value_39w",),
    ),
    Estimator(
        "contract_worth",
        "What 150 accounts will pay in the next nine months: Kaplan-Meier, parametric bootstrap",
        "the money that they do pay (a prediction)",
        "pipelines/estimates/contracts.contract_fits",
        (
            World("assumptions", _contract_totals),
            World("heavy_tails", partial(_contract_totals, spread=1.6)),
            World("clusters_3", partial(_contract_totals, correlation=0.3), "holdings of 5 leave alike (correlation .3)"),
            World("market_falls", partial(_contract_totals, later=2.0), "twice as many leave from now on"),
        ),
        replicates=SLOW,
        chunk=125,
        no_effect=None,
        shows=("roi.customer_value_fits: expected_value_39w", "roi.customer_value_fits: monthly_chance_of_leaving"),
    ),
]

"""How long accounts paid -> what those who pay now will bring in nine months, by Kaplan-Meier's monthly chances of leaving."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.estimates.adjusted_comparison import wilson
from pipelines.estimates.bg_nbd import MINIMUM_CUSTOMERS, Vector

AHEAD = 9  # months, which are 39 weeks
AT_RISK = 10  # accounts from which on a month has a chance of leaving of its own; later months share the mean one
DRAWS, SEED = 400, 20_120_402
VALUE = "expected_value_39w"
PREDICTED = "expected total by Kaplan-Meier, months with fewer than 10 accounts at risk at the mean chance; interval of 400 parametric bootstrap futures"
Lifetime = tuple[date, bool, int, int, bool, Any]  # first month, left, months, age in months, pays now, amount a month
Row = tuple[object, ...]
Cuts = list[tuple[str, str, NDArray[np.bool_]]]


def monthly_chances(months: Vector, is_event: Vector) -> tuple[Vector, Vector, float]:
    """Events and accounts at risk by month since the first paid one, and the mean monthly chance of leaving over all of them."""
    last = int(months.max())
    at = np.arange(last + 1)
    events = np.bincount(months[is_event > 0].astype(np.int64), minlength=last + 1).astype(np.float64)
    at_risk = (months[:, None] >= at[None, :]).sum(axis=0).astype(np.float64)
    # in its first month nobody can be gone
    return events[1:], at_risk[1:], float(events[1:].sum() / max(at_risk[1:].sum(), 1.0))


def paid_months_ahead(chances: Vector, at_risk: Vector, mean: float, ages: Vector, ahead: int = AHEAD) -> Vector:
    """Expected paid months among the next `ahead` of accounts that pay `ages` months after their first one."""
    by_month = np.concatenate([np.where(at_risk >= AT_RISK, chances, mean), np.full(int(ages.max()) + ahead + 1, mean)])
    stays = np.concatenate([[0.0], np.cumsum(np.log1p(-np.minimum(by_month, 1 - 1e-12)))])
    starts = ages.astype(np.int64)
    return np.asarray(sum(np.exp(stays[starts + step] - stays[starts]) for step in range(1, ahead + 1)))


def totals(model: str, parameter: str, cuts: Cuts, expected: Vector, drawn: Vector, method: str) -> Iterator[Row]:
    """Rows of est_customer_fits: expected totals of cuts with the interval of their futures, `drawn` (draws x cuts)."""
    for place, (cut, name, chosen) in enumerate(cuts):
        lo, hi = np.quantile(drawn[:, place], [0.025, 0.975], method="median_unbiased")
        total = float(expected[chosen].sum())
        # a mean lies within its interval, whatever the error of the draws
        yield model, parameter, cut, name, total, min(float(lo), total), max(float(hi), total), None, int(chosen.sum()), method, None


def _reason(n: int, lost: int) -> str | None:
    return f"too few accounts, or none left (n = {n}, {lost} left)" if n < MINIMUM_CUSTOMERS or not lost else None


def contract_months(lifetimes: Sequence[Lifetime]) -> list[Row]:
    """(age in months, expected paid months among the next nine) for each age of an account that pays now."""
    if not lifetimes:
        return []
    events, at_risk, mean = monthly_chances(*(np.array([row[place] for row in lifetimes], dtype=np.float64) for place in (2, 1)))
    ages = np.unique([row[3] for row in lifetimes if row[4]]).astype(np.float64)
    if _reason(len(lifetimes), int(events.sum())) or not len(ages):
        return []
    expected = paid_months_ahead(events / np.maximum(at_risk, 1.0), at_risk, mean, ages)
    return list(zip(ages.astype(int).tolist(), expected.tolist(), strict=True))


def _futures(lifetimes: Sequence[Lifetime], ages: Vector, amounts: Vector) -> Iterator[Vector]:
    """What each account will have paid after nine months, as it might come: one draw each."""
    events, at_risk, _ = monthly_chances(*(np.array([row[place] for row in lifetimes], dtype=np.float64) for place in (2, 1)))
    random, starts = np.random.default_rng(SEED), ages.astype(np.int64)
    for _ in range(DRAWS):
        found = random.binomial(at_risk.astype(np.int64), events / np.maximum(at_risk, 1.0)) / np.maximum(at_risk, 1.0)
        mean = float((found * at_risk).sum() / at_risk.sum())
        by_month = np.concatenate([np.where(at_risk >= AT_RISK, found, mean), np.full(int(ages.max()) + AHEAD + 1, mean)])
        stays, paid = np.ones(len(ages), dtype=np.bool_), np.zeros(len(ages))
        for step in range(AHEAD):
            stays &= random.random(len(ages)) >= by_month[starts + step]
            paid += amounts * stays
        yield paid


def contract_fits(lifetimes: Sequence[Lifetime]) -> list[Row]:
    """Rows of est_customer_fits for accounts with contracts."""
    if not lifetimes:
        return []
    events, at_risk, mean = monthly_chances(*(np.array([row[place] for row in lifetimes], dtype=np.float64) for place in (2, 1)))
    n, reason = len(lifetimes), _reason(len(lifetimes), int(events.sum()))
    limits = wilson(int(events.sum()), int(at_risk.sum()))[1:] if not reason else (None, None)
    rows: list[Row] = [
        ("kaplan_meier", "monthly_chance_of_leaving", "all", "all", None if reason else mean, *limits, None, n, "Wilson", reason)
    ]
    paying = [row for row in lifetimes if row[4]]
    if reason or not paying:
        return rows
    if any(row[5] is None for row in paying):
        return [*rows, ("kaplan_meier", VALUE, "all", "all", *(None,) * 4, len(paying), PREDICTED, "an exchange rate is missing")]
    ages, amounts = np.array([row[3] for row in paying], dtype=np.float64), np.array([float(row[5]) for row in paying])
    expected = amounts * paid_months_ahead(events / np.maximum(at_risk, 1.0), at_risk, mean, ages)
    cohorts = np.array([str(row[0]) for row in paying])
    cuts = [("all", "all", np.ones(len(paying), dtype=np.bool_))]
    cuts += [("cohort", str(month), cohorts == month) for month in np.unique(cohorts) if (cohorts == month).sum() >= MINIMUM_CUSTOMERS]
    drawn = np.array([[paid[chosen].sum() for _, _, chosen in cuts] for paid in _futures(lifetimes, ages, amounts)])
    return [*rows, *totals("kaplan_meier", VALUE, cuts, expected, drawn, PREDICTED)]

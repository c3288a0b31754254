"""How often customers order -> the fit of BG/NBD, by maximum likelihood."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

COLUMNS = "parameter text, value double, log_likelihood double, customers bigint, reason text"
MINIMUM_CUSTOMERS = 30
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A maximum likelihood fit; `parameters` is empty and `reason` says why where there is none."""

    parameters: Mapping[str, float]
    log_likelihood: float | None
    customers: int
    reason: str | None = None


def nelder_mead(f: Callable[[Vector], float], start: Vector, tolerance: float = 1e-9, steps: int = 4000) -> tuple[Vector, bool]:
    """The point where f is least, and whether the simplex shrank to `tolerance`; Nelder and Mead (1965) with the usual coefficients."""
    points = np.vstack([start, start + 0.5 * np.eye(len(start))])
    values = np.array([f(point) for point in points])
    for _ in range(steps):
        order = np.argsort(values, kind="stable")
        points, values = points[order], values[order]
        if np.ptp(values) < tolerance and np.ptp(points, axis=0).max() < math.sqrt(tolerance):
            return points[0], True
        centre = points[:-1].mean(axis=0)

        def along(step: float, centre: Vector = centre, worst: Vector = points[-1]) -> tuple[Vector, float]:
            point = centre + step * (worst - centre)
            return point, f(point)

        reflected, value = along(-1.0)
        if value < values[0]:
            expanded, further = along(-2.0)
            points[-1], values[-1] = (expanded, further) if further < value else (reflected, value)
        elif value < values[-2]:
            points[-1], values[-1] = reflected, value
        else:
            contracted, nearer = along(-0.5 if value < values[-1] else 0.5)
            if nearer < min(value, values[-1]):
                points[-1], values[-1] = contracted, nearer
            else:
                points[1:] = points[0] + 0.5 * (points[1:] - points[0])
                values[1:] = [f(point) for point in points[1:]]
    return points[0], False


def _log_gamma(x: Vector) -> Vector:
    distinct, places = np.unique(x, return_inverse=True)
    return np.array([math.lgamma(value) for value in distinct])[places]


def bg_nbd_log_likelihood(parameters: Vector, frequency: Vector, recency: Vector, age: Vector, customers: Vector) -> float:
    """Fader, Hardie and Lee (2005), equation 6, summed over `customers` per row; parameters are r, alpha, a, b, times in one unit."""
    r, alpha, a, b = parameters
    purchases = _log_gamma(r + frequency) - math.lgamma(r) + r * math.log(alpha)
    dropout = math.lgamma(a + b) + _log_gamma(b + frequency) - math.lgamma(b) - _log_gamma(a + b + frequency)
    alive = -(r + frequency) * np.log(alpha + age)
    repeats = frequency > 0
    left = math.log(a) - np.log(np.where(repeats, b + frequency - 1, 1.0)) - (r + frequency) * np.log(alpha + recency)
    return float(np.sum(customers * (purchases + dropout + np.where(repeats, np.logaddexp(alive, left), alive))))


def fit_bg_nbd(frequency: Vector, recency: Vector, age: Vector, customers: Vector) -> Fit:
    """BG/NBD by maximum likelihood. Rows are distinct (frequency, recency, age) with the number of `customers` that have them;
    recency and age in weeks. No parameters below 30 customers, without a repeat purchase, or where the search did not settle."""
    n = int(customers.sum())
    if n < MINIMUM_CUSTOMERS or not (frequency > 0).any():
        return Fit({}, None, n, f"too few customers, or none bought again (n = {n})")

    def loss(logarithms: Vector) -> float:
        if np.abs(logarithms).max() > 12:  # a parameter runs off to 0 or to infinity: the data do not tell it
            return math.inf
        return -bg_nbd_log_likelihood(np.exp(logarithms), frequency, recency, age, customers)

    best, settled = nelder_mead(loss, np.zeros(4))
    if not settled or np.abs(best).max() > 11:
        return Fit({}, None, n, "the likelihood has no maximum inside the parameter space")
    return Fit(dict(zip(("r", "alpha", "a", "b"), (float(value) for value in np.exp(best)), strict=True)), -loss(best), n)


def customer_value(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, float | None, float | None, int, str | None]]:
    """Rows of est_bg_nbd: parameter, value, log-likelihood, customers, reason; none where nobody ordered."""
    columns = connection.execute(
        "select frequency, recency_days / 7, age_days / 7, customers from intermediate.int_customer_frequencies order by all"
    ).fetchnumpy()
    frequency, recency, age, customers = (np.asarray(column, dtype=np.float64) for column in columns.values())
    if not len(customers):
        return []
    fit = fit_bg_nbd(frequency, recency, age, customers)
    return [(name, fit.parameters.get(name), fit.log_likelihood, fit.customers, fit.reason) for name in ("r", "alpha", "a", "b")]

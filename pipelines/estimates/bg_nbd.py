"""How often customers ordered -> the fit of BG/NBD (Fader, Hardie and Lee 2005), who still buys, and how often they will.

Frequency is the number of days with an order after the first; recency and age run from the first order to the last and to now, in
one unit of time. Arrays have one entry per customer, or per distinct (frequency, recency, age) with its number of `customers`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln
from scipy.stats import nbinom

MINIMUM_CUSTOMERS = 30
FAR = 12.0  # a logarithm of a parameter beyond it runs off to 0 or to infinity: the data do not tell it
CELLS = 2_000_000  # of one table of probabilities: 16 MB
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A maximum likelihood fit; `parameters` is empty and `reason` says why where there is none. `covariance` is that of their logarithms;
    what is `held` at the end of its range varies with nothing."""

    parameters: Mapping[str, float]
    log_likelihood: float | None
    customers: int
    reason: str | None = None
    covariance: Vector = field(default_factory=lambda: np.empty((0, 0)))
    held: frozenset[str] = frozenset()

    def limits(self, name: str) -> tuple[float | None, float | None]:
        """95 % limits of a parameter, by the curvature of the likelihood."""
        if not self.parameters or name in self.held:
            return None, None
        width = 1.959963984540054 * math.sqrt(self.covariance.diagonal()[list(self.parameters).index(name)])
        return self.parameters[name] * math.exp(-width), self.parameters[name] * math.exp(width)

    def draws(self, number: int, random: np.random.Generator) -> Vector:
        """Parameters as they might have been estimated, a row each, in the order of `parameters`."""
        centre = np.log(list(self.parameters.values()))
        free = np.array([name not in self.held for name in self.parameters])
        root = np.linalg.cholesky(self.covariance[np.ix_(free, free)])
        moved = np.tile(centre, (number, 1))
        moved[:, free] += random.standard_normal((number, int(free.sum()))) @ root.T
        return np.asarray(np.exp(moved))


def maximise(
    log_likelihood: Callable[[Vector], float],
    names: tuple[str, ...],
    customers: int,
    start: Vector | None = None,
    most: Vector | None = None,
) -> Fit:
    """The greatest likelihood over positive parameters: Nelder and Mead's search in their logarithms, from 1 or from `start`. A parameter
    that would run beyond `most` is held there."""
    ceiling = np.full(len(names), math.inf) if most is None else np.log(most)

    def loss(logarithms: Vector) -> float:
        inside = np.minimum(logarithms, ceiling)
        return -log_likelihood(np.exp(inside)) if np.abs(inside).max() <= FAR else math.inf

    options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4_000, "maxfev": 8_000}
    found = minimize(loss, np.zeros(len(names)) if start is None else np.log(start), method="Nelder-Mead", options=options)
    best = np.minimum(np.asarray(found.x), ceiling)
    is_free = best < ceiling - 0.01
    best = np.where(is_free, best, ceiling)
    if not found.success or np.abs(best).max() > FAR - 1:
        return Fit({}, None, customers, "the likelihood has no maximum inside the parameter space")
    information = _curvature(lambda free: loss(np.concatenate([free, best[~is_free]])[_places(is_free)]), best[is_free])
    if np.linalg.eigvalsh(information).min() <= 0:
        return Fit({}, None, customers, "the likelihood is flat: the data do not tell the parameters")
    covariance: Vector = np.zeros((len(names), len(names)))
    covariance[np.ix_(is_free, is_free)] = np.linalg.inv(information)
    held = frozenset(name for name, free in zip(names, is_free, strict=True) if not free)
    return Fit(dict(zip(names, (float(value) for value in np.exp(best)), strict=True)), -loss(best), customers, None, covariance, held)


def _places(is_free: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where each parameter stands once the free ones are put before the others."""
    return np.asarray(np.argsort(np.concatenate([np.flatnonzero(is_free), np.flatnonzero(~is_free)])))


def _curvature(loss: Callable[[Vector], float], best: Vector, step: float = 1e-3) -> Vector:
    """Second derivatives by central differences."""
    size = len(best)
    moves = step * np.eye(size)
    curvature = np.empty((size, size))
    for i in range(size):
        for j in range(i, size):
            corners = [loss(best + a * moves[i] + b * moves[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            curvature[i, j] = curvature[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    return curvature


def bg_nbd_log_likelihood(parameters: Vector, frequency: Vector, recency: Vector, age: Vector, customers: Vector) -> float:
    """Equation 6 of the paper, summed over `customers` per row; parameters are r, alpha, a, b."""
    r, alpha, a, b = parameters
    purchases = gammaln(r + frequency) - gammaln(r) + r * math.log(alpha)
    dropout = gammaln(a + b) + gammaln(b + frequency) - gammaln(b) - gammaln(a + b + frequency)
    alive = -(r + frequency) * np.log(alpha + age)
    repeats = frequency > 0
    left = math.log(a) - np.log(np.where(repeats, b + frequency - 1, 1.0)) - (r + frequency) * np.log(alpha + recency)
    return float(np.sum(customers * (purchases + dropout + np.where(repeats, np.logaddexp(alive, left), alive))))


def fit_bg_nbd(frequency: Vector, recency: Vector, age: Vector, customers: Vector) -> Fit:
    """BG/NBD by maximum likelihood. No parameters below 30 customers, without a repeat purchase, or where the search did not settle."""
    n = int(customers.sum())
    if n < MINIMUM_CUSTOMERS or not (frequency > 0).any():
        return Fit({}, None, n, f"too few customers, or none bought again (n = {n})")
    return maximise(lambda parameters: bg_nbd_log_likelihood(parameters, frequency, recency, age, customers), ("r", "alpha", "a", "b"), n)


def p_alive(parameters: Vector, frequency: Vector, recency: Vector, age: Vector) -> Vector:
    """The chance that a customer still buys."""
    r, alpha, a, b = parameters
    repeats = frequency > 0
    odds = a / np.where(repeats, b + frequency - 1, 1.0) * np.exp((r + frequency) * (np.log(alpha + age) - np.log(alpha + recency)))
    return np.where(repeats, 1 / (1 + odds), 1.0)


def purchases_ahead(parameters: Vector, span: float, frequency: Vector, recency: Vector, age: Vector) -> tuple[Vector, Vector, Vector]:
    """Expected purchases in the `span` ahead, and the 2.5 % and 97.5 % quantiles of their distribution.

    A customer makes an n-th purchase where the rate brings as many and none of the n - 1 before was the last one; rate and dropout are
    independent for who still buys, gamma (r + x, alpha + T) and beta (a, b + x). The sum over n is equation 10 of the paper."""
    r, alpha, a, b = parameters
    alive = p_alive(parameters, frequency, recency, age)
    expected, low, high = (np.zeros(len(frequency)) for _ in range(3))
    chance = (alpha + age) / (alpha + age + span)
    mean = (r + frequency) * (1 - chance) / chance
    most = np.ceil(mean + 12 * np.sqrt(mean / chance) + 30)
    order, start = np.argsort(most, kind="stable"), 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop - start + 1) * most[order[stop]] <= CELLS:
            stop += 1
        rows, n = order[start:stop], np.arange(1, int(most[order[stop - 1]]) + 1)
        stays = np.exp(betaln(a, b + frequency[rows, None] + n - 1) - betaln(a, b + frequency[rows, None]))
        at_least = alive[rows, None] * stays * nbinom.sf(n - 1, r + frequency[rows, None], chance[rows, None])
        expected[rows] = at_least.sum(axis=1)
        # the least n with P(Y <= n) >= q, that is with P(Y >= n + 1) <= 1 - q
        low[rows], high[rows] = ((at_least > 1 - q).sum(axis=1) for q in (0.025, 0.975))
        start = stop
    return expected, low, high

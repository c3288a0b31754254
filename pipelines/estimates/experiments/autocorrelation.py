"""A regression whose errors remember the day before -> coefficients and their covariance by REML, errors of AR(1).

Restricted maximum likelihood (Patterson and Thompson 1971) profiled over the one correlation; what R's nlme::gls gives with
corAR1 and method REML. A day that is missing lengthens the memory: the correlation over k steps is rho to the power of k."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

LARGEST = 0.99  # a correlation beyond it cannot be told from a random walk
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Autoregression:
    """`coefficients` (k), their `covariance` (k, k), the correlation `rho` of neighbours, `variance` of an error, log likelihood."""

    coefficients: Vector
    covariance: Matrix
    rho: float
    variance: float
    log_likelihood: float
    n: int

    @property
    def degrees(self) -> float:
        """Days that are worth as much as independent ones, T(1 - rho)/(1 + rho), and never more than T less the coefficients."""
        return min(self.n * (1 - self.rho) / (1 + self.rho), float(self.n - len(self.coefficients)))


def whitened(columns: Matrix, time: NDArray[np.int64], rho: float) -> tuple[Matrix, float]:
    """Rows (T, ...) freed of AR(1) of unit variance at whole, growing times (T), and the log determinant of its correlation matrix."""
    decay = rho ** np.diff(time).astype(np.float64) if rho >= 0 else (-1.0) ** np.diff(time) * abs(rho) ** np.diff(time)
    left = 1 - decay**2
    shape = (-1,) + (1,) * (columns.ndim - 1)
    rest = (columns[1:] - decay.reshape(shape) * columns[:-1]) / np.sqrt(left).reshape(shape)
    return np.concatenate([columns[:1], rest]), float(np.log(left).sum())


def fit_at(y: Vector, design: Matrix, time: NDArray[np.int64], rho: float) -> Autoregression:
    """Generalised least squares of y (T) on design (T, k) at a known correlation; ordinary least squares at 0."""
    both, determinant = whitened(np.column_stack([design, y]), time, rho)
    n, k = design.shape
    q, r = np.linalg.qr(both[:, :k])
    projected = q.T @ both[:, k]
    residual = both[:, k] - q @ projected
    rss = float(residual @ residual)
    inverse = solve_triangular(r, np.eye(k))
    variance = rss / (n - k)
    logs = float(np.log(np.abs(np.diag(r))).sum())
    likelihood = -0.5 * (n - k) * (math.log(2 * math.pi * variance) + 1) - 0.5 * determinant - logs if variance > 0 else math.inf
    return Autoregression(inverse @ projected, variance * inverse @ inverse.T, rho, variance, likelihood, n)


def fit(y: Vector, design: Matrix, time: NDArray[np.int64]) -> Autoregression:
    """REML of y (T) on design (T, k), errors AR(1) along whole, growing times (T). Deterministic: ever finer grids around the best.

    The likelihood at a correlation needs sums of products over neighbours alone, one set for each distance of neighbours in time. They are
    taken of an orthonormal base of the design and of the residuals of least squares, so that nothing is lost by squaring."""
    n, k = design.shape
    base = np.linalg.qr(design)[0]
    residual = y - base @ (base.T @ y)
    rows = np.column_stack([base, residual / (float(np.abs(residual).max()) or 1.0)])
    later, sooner, steps = rows[1:], rows[:-1], np.diff(time)
    distances = [
        (float(step), int(far.sum()), later[far].T @ later[far], sooner[far].T @ sooner[far], later[far].T @ sooner[far])
        for step in np.unique(steps)
        for far in [steps == step]
    ]

    def likelihoods(rho: Vector) -> Vector:
        products = np.tile(np.outer(rows[0], rows[0]), (len(rho), 1, 1))
        determinant = np.zeros(len(rho))
        for step, count, own, before, cross in distances:
            decay = (np.sign(rho) ** step * np.abs(rho) ** step)[:, None, None]
            left = 1 - decay**2
            products += (own + decay**2 * before - decay * (cross + cross.T)) / left
            determinant += count * np.log(left[:, 0, 0])
        diagonal = np.diagonal(np.linalg.cholesky(products), axis1=1, axis2=2)
        return np.asarray(-(n - k) * np.log(diagonal[:, k]) - 0.5 * determinant - np.log(diagonal[:, :k]).sum(axis=1))

    lo, hi = -LARGEST, LARGEST
    for _ in range(7):
        grid = np.linspace(lo, hi, 41)
        best = int(np.argmax(likelihoods(grid)))
        lo, hi = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 40)])
    return fit_at(y, design, time, round(float(grid[best]), 6))  # beyond six digits the likelihood is flat, and tells rounding alone

"""How much a purchase of a customer was worth on average -> the fit of gamma-gamma (Fader and Hardie 2013): what the next one will be.

A purchase is gamma (p, rate nu), nu differs among customers as gamma (q, rate v); how often and how much are taken as independent."""

import math
from dataclasses import replace

import numpy as np
from scipy.special import gammaln

from pipelines.estimates.bg_nbd import MINIMUM_CUSTOMERS, Fit, Vector, maximise

MOST = 1e4  # of p and of q: then purchases of one customer, or customers, differ by 1 %, and it does not matter by how much less
STARTS = (1.5, 4.0, 16.0, 64.0, 256.0, 2048.0)
INDEPENDENT = 0.3  # correlation of frequency and mean value up to which they pass as independent


def gamma_gamma_log_likelihood(parameters: Vector, frequency: Vector, value: Vector) -> float:
    """Equation 1a of the note, over customers with a repeat purchase; parameters are p, q, v."""
    p, q, v = parameters
    shape = p * frequency
    each = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * math.log(v)
    each += (shape - 1) * np.log(value) + shape * np.log(frequency) - (shape + q) * np.log(frequency * value + v)
    return float(each.sum())


def correlation(frequency: Vector, value: Vector) -> float | None:
    """Of frequency and mean value among repeat customers; None where one of them does not vary."""
    if len(value) < 3 or frequency.std() == 0 or value.std() == 0:
        return None
    return float(np.corrcoef(frequency, value)[0, 1])


def fit_gamma_gamma(frequency: Vector, value: Vector) -> Fit:
    """Gamma-gamma by maximum likelihood over repeat customers whose mean value is above 0. Where purchases of one customer hardly differ
    p is held at `MOST`, and q where customers hardly differ. Refused where value goes with frequency, and where q <= 1: the mean value of
    a new customer is then infinite."""
    n = len(value)
    if n < MINIMUM_CUSTOMERS:
        return Fit({}, None, n, f"too few customers bought again (n = {n}, {MINIMUM_CUSTOMERS} needed)")
    together = correlation(frequency, value)
    if together is not None and abs(together) > INDEPENDENT:
        return Fit({}, None, n, f"value goes with frequency (correlation {together:.2f}): gamma-gamma takes them as independent")
    # the size of a purchase pv/q in the place of v, in units of the mean: v alone goes with both p and q, and the search would lose itself
    unit = float(value.mean())

    def log_likelihood(shape: Vector) -> float:
        p, q, size = shape
        return gamma_gamma_log_likelihood(np.array([p, q, unit * size * q / p]), frequency, value)

    starts = [np.array([p, q, 1.0]) for p in STARTS for q in STARTS]
    best = max(starts, key=log_likelihood)
    # where the likelihood is flat towards the end of a range, that parameter is held there
    for beyond in ([1.0, 1.0, 1.0], [1.0, 10 * MOST, 1.0], [10 * MOST, 1.0, 1.0], [10 * MOST, 10 * MOST, 1.0]):
        fit = maximise(log_likelihood, ("p", "q", "v"), n, np.maximum(best, beyond), np.array([MOST, MOST, math.inf]))
        if fit.parameters:
            break
    if fit.parameters:
        p, q, size = fit.parameters.values()
        turn = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 1.0, 1.0]])
        parameters = {"p": p, "q": q, "v": unit * size * q / p}
        fit = replace(fit, parameters=parameters, covariance=turn @ fit.covariance @ turn.T)
    if fit.parameters and fit.parameters["q"] <= 1:
        return Fit({}, None, n, "the mean value of a purchase is not finite (q <= 1)")
    return fit


def expected_value(parameters: Vector, frequency: Vector, value: Vector) -> Vector:
    """Expected value of a customer's purchases: between his own mean and everybody's, the nearer to his the more he bought."""
    p, q, v = parameters
    return np.asarray(p * (v + frequency * np.where(frequency > 0, value, 0.0)) / (p * frequency + q - 1))

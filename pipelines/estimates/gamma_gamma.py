"""How much a purchase of a customer was worth on average -> the fit of gamma-gamma (Fader and Hardie 2013): what the next one will be.

A purchase is gamma (p, rate nu), nu differs among customers as gamma (q, rate v); how often and how much are taken as independent."""

import math

import numpy as np
from scipy.special import gammaln

from pipelines.estimates.bg_nbd import MINIMUM_CUSTOMERS, Fit, Vector, maximise

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
    """Gamma-gamma by maximum likelihood over repeat customers whose mean value is above 0. Refused where value goes with frequency,
    and where q <= 1: the mean value of a new customer is then infinite."""
    n = len(value)
    if n < MINIMUM_CUSTOMERS:
        return Fit({}, None, n, f"too few customers bought again (n = {n}, {MINIMUM_CUSTOMERS} needed)")
    together = correlation(frequency, value)
    if together is not None and abs(together) > INDEPENDENT:
        return Fit({}, None, n, f"value goes with frequency (correlation {together:.2f}): gamma-gamma takes them as independent")
    fit = maximise(lambda parameters: gamma_gamma_log_likelihood(parameters, frequency, value), ("p", "q", "v"), n)
    if fit.parameters and fit.parameters["q"] <= 1:
        return Fit({}, None, n, "the mean value of a purchase is not finite (q <= 1)")
    return fit


def expected_value(parameters: Vector, frequency: Vector, value: Vector) -> Vector:
    """Expected value of a customer's purchases: between his own mean and everybody's, the nearer to his the more he bought."""
    p, q, v = parameters
    return np.asarray(p * (v + frequency * np.where(frequency > 0, value, 0.0)) / (p * frequency + q - 1))

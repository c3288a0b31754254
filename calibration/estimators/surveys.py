"""Survey scores: net promoter score, satisfied share, means, and Welch's t between two views (understanding)."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from calibration.conversations import names
from calibration.product import Product
from calibration.study import Draws, Estimator, Vector, World

RESPONDENTS = 120
COMPANY = 6  # people of one client, who answer alike where answers correlate
SCALES = {
    # dimension: probabilities of the scores from the lowest to the highest, in two waves
    "nps": np.array(
        [
            [0.02, 0.01, 0.02, 0.02, 0.04, 0.08, 0.09, 0.15, 0.22, 0.2, 0.15],
            [0.02, 0.01, 0.02, 0.02, 0.03, 0.05, 0.07, 0.13, 0.2, 0.23, 0.22],
        ]
    ),
    "csat": np.array([[0.06, 0.1, 0.2, 0.4, 0.24], [0.04, 0.06, 0.15, 0.42, 0.33]]),
    "trust": np.array([[0.05, 0.08, 0.12, 0.2, 0.25, 0.2, 0.1], [0.03, 0.05, 0.1, 0.18, 0.26, 0.24, 0.14]]),
}
MEASURES = {"nps": "nps", "csat": "csat", "trust": "opr_trust"}
CEILING = np.array([0.01, 0.0, 0.0, 0.01, 0.03, 0.15, 0.8])  # nearly everybody gives the best mark
UNHAPPY = 0.5  # how often the unhappy answer, against the others


def _scores(random: np.random.Generator, probabilities: Vector, shape: tuple[int, int], correlation: float = 0.0) -> Vector:
    """Scores from 0 to 1; `correlation` of the latent normal of people of one company."""
    shared = np.repeat(random.normal(size=(shape[0], -(-shape[1] // COMPANY))), COMPANY, axis=1)[:, : shape[1]]
    latent = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * random.normal(size=shape)
    return np.searchsorted(np.cumsum(probabilities)[:-1], ndtr(latent), side="right") / (len(probabilities) - 1.0)


def _truth(dimension: str, probabilities: Vector) -> float:
    top = len(probabilities)
    if dimension == "nps":
        return float(100 * (probabilities[9:].sum() - probabilities[:7].sum()))
    return float(probabilities[3:].sum() if dimension == "csat" else 100 * probabilities @ np.arange(top) / (top - 1))


def rows_of(scores: Vector, dimension: str, wave: str, side: str = "audience", perspective: str = "own") -> dict[str, Any]:
    """Rows of int_survey_respondents: a company is an audience, a column a respondent; NaN did not answer."""
    n, people = scores.shape
    given = np.isfinite(scores.ravel())
    size, score = int(given.sum()), scores.ravel()[given]
    return {
        "wave": np.full(size, wave),
        "audience": np.repeat(names(n), people)[given],
        "dimension": np.full(size, dimension),
        "respondent_side": np.full(size, side),
        "perspective": np.full(size, perspective),
        "respondent_key": np.tile(np.arange(people).astype(str), n)[given],
        "items": np.ones(size, dtype=np.int64),
        "score_sum": score,
        "score": score,
        **{
            name: said.astype(np.int64)
            for name, said in (("promoters", score >= 0.9), ("detractors", score <= 0.6), ("satisfied", score >= 0.75))
        },
        "answered_at": np.full(size, np.datetime64("2026-03-10T00:00:00" if wave == "1" else "2026-06-10T00:00:00", "us")),
    }


def _columns(found: dict[str, NDArray[Any]], n: int) -> dict[str, Vector]:
    at = np.char.lstrip(found.pop("audience").astype(str), "w").astype(np.int64)
    columns = {name: np.full(n, np.nan) for name in found}
    for name, values in found.items():
        columns[name][at] = values
    return columns


def _survey(waves: list[Vector], dimension: str) -> dict[str, Vector]:
    product = Product()
    for number, scores in enumerate(waves, 1):
        product.give("int_survey_respondents", rows_of(scores, dimension, str(number)))
    found = product.rows(
        "relationships_surveys",
        f"select audience, value, lo, hi, change, change_lo, change_hi from {{name}} where wave = '{len(waves)}' and measure = '{MEASURES[dimension]}'",
    )
    return _columns(found, len(waves[0]))


def _score(
    random: np.random.Generator, n: int, planted: bool, dimension: str, correlation: float = 0.0, probabilities: Vector | None = None
) -> Draws:
    p = SCALES[dimension][0] if probabilities is None else probabilities
    found = _survey([_scores(random, p, (n, RESPONDENTS), correlation)], dimension)
    return Draws(found["value"], found["lo"], found["hi"], np.full(n, _truth(dimension, p)))


def _silent(random: np.random.Generator, n: int, planted: bool, dimension: str) -> Draws:
    """Whoever is unhappy answers half as often, which no interval of the answers can know; `truth` is that of the audience."""
    p = SCALES[dimension][0]
    scores = _scores(random, p, (n, 2 * RESPONDENTS))
    answers = random.random(scores.shape) < np.where(scores < 0.5, UNHAPPY, 1.0) * 0.6
    found = _survey([np.where(answers, scores, np.nan)], dimension)
    return Draws(found["value"], found["lo"], found["hi"], np.full(n, _truth(dimension, p)))


def _change(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    before, after = SCALES["nps"][0], SCALES["nps"][1 if planted else 0]
    found = _survey([_scores(random, p, (n, RESPONDENTS), correlation) for p in (before, after)], "nps")
    return Draws(found["change"], found["change_lo"], found["change_hi"], np.full(n, _truth("nps", after) - _truth("nps", before)))


def _accuracy(random: np.random.Generator, n: int, metas: list[Vector], correlation: float) -> dict[str, Vector]:
    """What the audience thinks, less what 35 of the staff believe that it thinks: the last of as many waves as `metas`, what the staff believes in each."""
    product = Product()
    for wave, meta in enumerate(metas, 1):
        product.give(
            "int_survey_respondents", rows_of(_scores(random, SCALES["trust"][0], (n, RESPONDENTS), correlation), "trust", str(wave))
        )
        product.give("int_survey_respondents", rows_of(_scores(random, meta, (n, 35), correlation), "trust", str(wave), "staff", "meta"))
    found = product.rows(
        "relationships_understanding",
        "select audience, value, lo, hi, change, change_lo, change_hi from {name} "
        f"where wave = '{len(metas)}' and measure = 'accuracy' and side = 'staff' and value is not null",
    )
    return _columns(found, n)


def _understanding(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    """Planted: staff flatter themselves."""
    own, meta = SCALES["trust"][0], SCALES["trust"][1 if planted else 0]
    found = _accuracy(random, n, [meta], correlation)
    return Draws(found["value"], found["lo"], found["hi"], np.full(n, _truth("trust", own) - _truth("trust", meta)))


def _understanding_change(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    """Planted: in the second wave staff flatter themselves."""
    before, after = SCALES["trust"][0], SCALES["trust"][1 if planted else 0]
    found = _accuracy(random, n, [before, after], correlation)
    return Draws(found["change"], found["change_lo"], found["change_hi"], np.full(n, _truth("trust", before) - _truth("trust", after)))


CLIENTS_ALIKE = "people come in client companies of 6, who answer alike (correlation .3 of what they feel)"
SILENT = "the unhappy answer half as often; the truth is that of the whole audience"

SUBJECT = "Surveys"
ESTIMATORS = [
    Estimator(
        "nps",
        "Net promoter score: adjusted Wald, one pseudo-answer in each class",
        "the score of the whole audience",
        "relationships.surveys",
        (
            World("assumptions", partial(_score, dimension="nps")),
            World("clusters_3", partial(_score, dimension="nps", correlation=0.3), CLIENTS_ALIKE),
            World("hidden_confounder", partial(_silent, dimension="nps"), SILENT),
        ),
        no_effect=None,
        shows=(
            "relationships.surveys: value",
            "relationships.indicators: nps",
            "relationships.indicators: enps",
        ),
    ),
    Estimator(
        "nps_change",
        "Change of the net promoter score between two waves: Newcombe",
        "the difference of the audience's two scores",
        "relationships.surveys, macro newcombe_half_width",
        (World("assumptions", _change), World("clusters_3", partial(_change, correlation=0.3), CLIENTS_ALIKE)),
        shows=("relationships.surveys: change",),
    ),
    Estimator(
        "csat",
        "Satisfied share: Wilson",
        "the share of the whole audience",
        "relationships.surveys, macros wilson_lower and wilson_upper",
        (
            World("assumptions", partial(_score, dimension="csat")),
            World("clusters_3", partial(_score, dimension="csat", correlation=0.3), CLIENTS_ALIKE),
            World("hidden_confounder", partial(_silent, dimension="csat"), SILENT),
        ),
        no_effect=None,
        shows=(
            "relationships.surveys: value",
            "relationships.indicators: csat",
        ),
    ),
    Estimator(
        "survey_mean",
        "Mean of a survey dimension: t over respondents",
        "the mean of the whole audience",
        "relationships.surveys, macro t_quantile",
        (
            World("assumptions", partial(_score, dimension="trust")),
            World("ceiling", partial(_score, dimension="trust", probabilities=CEILING), "four in five give the best mark, few the worst"),
            World("clusters_3", partial(_score, dimension="trust", correlation=0.3), CLIENTS_ALIKE),
            World("hidden_confounder", partial(_silent, dimension="trust"), SILENT),
        ),
        no_effect=None,
        shows=(
            "relationships.surveys: value",
            "relationships.indicators: ces",
            "relationships.indicators: opr_*",
            "relationships.indicators: unnamed_scale",
        ),
    ),
    Estimator(
        "understanding",
        "Accuracy of staff's estimate: Welch t",
        "the difference of the two means",
        "relationships.understanding",
        (World("assumptions", _understanding), World("clusters_3", partial(_understanding, correlation=0.3), CLIENTS_ALIKE)),
        shows=(
            "relationships.understanding: value",
            "relationships.indicators: accuracy_*",
            "relationships.indicators: agreement_*",
            "relationships.indicators: congruency_*",
        ),
    ),
    Estimator(
        "understanding_change",
        "Change of the accuracy of staff's estimate between two waves: Newcombe",
        "the difference of the two differences of means",
        "relationships.understanding, macro newcombe_half_width",
        (World("assumptions", _understanding_change), World("clusters_3", partial(_understanding_change, correlation=0.3), CLIENTS_ALIKE)),
        shows=("relationships.understanding: change",),
    ),
]

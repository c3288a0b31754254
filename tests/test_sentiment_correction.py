"""The machine's moods corrected by labels (Rogan and Gladen, for three moods): a published example, what is refused, and how often the interval holds."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.product import Product, sql_of

MOODS = ("positive", "neutral", "negative")
SCORES = (0.6, 0.0, -0.6)
SETTINGS = {"bootstrap_replicates": 199}


@cache
def models() -> tuple[Product, tuple[str, ...]]:
    """What the correction reads, without rows, and the SQL of its two models."""
    product = Product(**SETTINGS)
    for name in ("int_sentiment_labels", "int_interaction_audiences", "int_indicator_sums"):
        product.give(name, {"platform" if name != "int_indicator_sums" else "indicator": np.array([], dtype=str)})
    made = ("int_sentiment_confusions", "int_sentiment_estimates")
    return product, tuple(f"create or replace table {name} as {sql_of(name, settings=SETTINGS)}" for name in made)


def corrected(labels: NDArray[np.int64], positive: NDArray[np.int64], negative: NDArray[np.int64], messages: NDArray[np.int64]) -> dict:
    """Labels by truth and verdict, and each person's messages of a mood and in all -> the row of net mood."""
    product, statements = models()
    for name in ("int_sentiment_labels", "int_interaction_audiences", "int_indicator_sums"):
        product.connection.execute(f"delete from {name}")
    truth, verdict = (np.repeat(index, labels.ravel()) for index in np.divmod(np.arange(9), 3))
    ids = np.char.mod("%d", np.arange(len(truth)))
    platform = np.full(len(truth), "p")
    product.give("int_sentiment_labels", {"platform": platform, "interaction_id": ids, "label": np.take(MOODS, truth)})
    of_the_public = {"audience": np.full(len(truth), "public")} | dict.fromkeys(("is_brand", "is_bot"), np.zeros(len(truth), dtype=bool))
    product.give(
        "int_interaction_audiences", {"platform": platform, "interaction_id": ids, "sentiment": np.take(SCORES, verdict)} | of_the_public
    )
    sums: dict[str, list[Any]] = {}
    for indicator, x in (("net", positive - negative), ("positive", positive), ("negative", negative)):
        row = {
            "indicator": f"sentiment_{indicator}",
            "period_kind": "all",
            "cut_no": 1,
            "numerator": x.sum(),
            "denominator": messages.sum(),
        }
        row |= {"clusters": len(x), "sum_xx": (x * x).sum(), "sum_xm": (x * messages).sum(), "sum_mm": (messages * messages).sum()}
        for name, value in row.items():
            sums.setdefault(name, []).append(value)
    product.give("int_indicator_sums", sums)
    for statement in statements:
        product.connection.execute(statement)
    found = product.connection.execute("select * from int_sentiment_estimates")
    (row_of,) = found.fetchall()
    return dict(zip([column[0] for column in found.description], row_of, strict=True))


def test_a_published_example() -> None:
    """epiR, epi.prev: 23 of 150 cows test positive, sensitivity 96 %, specificity 89 %: 5.1 of 100 have brucellosis, 95 % interval 0 to 13.

    A herd without neutral cows; the interval there takes sensitivity and specificity as known, so ours is wider.
    """
    labels = np.array([[96, 0, 4], [0, 10, 0], [11, 0, 89]])
    sick = (np.arange(150) < 23).astype(int)
    row = corrected(labels, sick, 1 - sick, np.ones(150, dtype=int))
    of_100 = {name: 50 * (1 + row[name]) for name in ("value", "lo", "hi")}
    assert of_100["value"] == pytest.approx(100 * (23 / 150 + 0.89 - 1) / (0.96 + 0.89 - 1))
    assert round(of_100["value"], 1) == 5.1
    assert of_100["lo"] == 0 and 13 <= of_100["hi"] < 18


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([[40, 5, 5], [5, 40, 5], [3, 3, 3]], "fewer than 10 labels of each mood"),
        ([[20, 20, 20], [20, 20, 20], [20, 20, 20]], "the labels do not tell the moods apart: confusion matrix near singular"),
        ([[40, 5, 5], [38, 7, 5], [5, 5, 40]], "the labels do not tell the moods apart: confusion matrix near singular"),
    ],
)
def test_labels_that_tell_nothing_are_refused(labels: list[list[int]], reason: str) -> None:
    messages = np.ones(200, dtype=int)
    row = corrected(np.array(labels), np.arange(200) % 2, 1 - np.arange(200) % 2, messages)
    assert row["refused_because"] == reason and all(row[name] is None for name in ("value", "lo", "hi"))


def test_the_interval_holds_the_true_mood() -> None:
    """120 companies: 250 people with one to three messages of a mood that hangs on the person, 300 labels, a machine that is too kind."""
    random = np.random.default_rng(20)
    machine = np.array([[0.80, 0.15, 0.05], [0.30, 0.62, 0.08], [0.20, 0.25, 0.55]])
    prevalence = np.array([0.35, 0.45, 0.2])
    truth, held, naive = prevalence[0] - prevalence[2], 0, 0
    worlds = 120
    for _ in range(worlds):
        labelled = random.multinomial(300, prevalence)
        labels = np.array([random.multinomial(n, row) for n, row in zip(labelled, machine, strict=True)])
        messages = random.integers(1, 4, 250)
        leaning = random.dirichlet(prevalence * 4, 250)
        said = np.array([random.multinomial(m, lean @ machine) for m, lean in zip(messages, leaning, strict=True)])
        row = corrected(labels, said[:, 0], said[:, 2], messages)
        held += row["lo"] <= truth <= row["hi"]
        plain = (said[:, 0].sum() - said[:, 2].sum()) / messages.sum()
        error = np.sqrt(((said[:, 0] - said[:, 2] - plain * messages) ** 2).sum()) / messages.sum()
        naive += abs(plain - truth) <= 1.97 * error
    # 95 % of 120 with two Monte Carlo errors; the machine's own net mood is beside the truth
    print(held / worlds, naive / worlds)
    assert held / worlds >= 0.90, held / worlds
    assert naive / worlds < 0.5, naive / worlds

"""Relationship indicators of moods and groups: net mood and its correction by labels, Gini of a room, parity of suppliers."""

from functools import cache, partial
from typing import Any

import numpy as np
from scipy.special import betaincinv

from calibration.conversations import MONTHS, Counts, Whole, cells, even, few_write_most, levels, measured, names, numbers
from calibration.estimators.people import INDICATOR, voices
from calibration.product import Product
from calibration.study import SLOW, Draws, Estimator, Vector, World

MONTH = MONTHS[1].astype("datetime64[D]")
MOODS = np.array([0.45, 0.35, 0.20])  # positive, neutral, negative
# what the machine makes of a positive, neutral and negative message: rows sum to 1
VERDICTS = np.array([[0.75, 0.20, 0.05], [0.15, 0.70, 0.15], [0.10, 0.25, 0.65]])
EASY = np.array([[0.95, 0.05, 0.0], [0.05, 0.90, 0.05], [0.0, 0.05, 0.95]])
EARLIER = np.array([[0.80, 0.17, 0.03], [0.10, 0.80, 0.10], [0.10, 0.25, 0.65]])
LABELS = 300
OTHER_MOODS = np.array([0.2, 0.3, 0.5])
ROOM = 40  # members
QUARTERS = np.datetime64("1960-01")  # a company is a quarter, where there is one pair of audiences alone
FEW = "a few people write most of the messages (sd of log 1.6), each in a mood of his own (correlation .3)"


def _moods(random: np.random.Generator, n: int, counts: Counts, correlation: float) -> tuple[Whole, Whole]:
    """Messages of each person (n, people), and those of each mood (n, people, 3); each has a leaning of his own."""
    said = np.concatenate([counts(random, n), counts(random, n)], axis=1)
    share = np.broadcast_to(MOODS, (*said.shape, 3))
    if correlation:
        drawn = random.gamma(share * (1 - correlation) / correlation)
        share = drawn / drawn.sum(axis=-1, keepdims=True)
    return said, random.multinomial(said, share)


def _mood_voices(said: Whole, moods: Whole) -> dict[str, Any]:
    one = np.ones_like(said)
    return voices(*said.shape, active=one, messages=said, scored=said, positive=moods[..., 0], negative=moods[..., 2])


def _mood(random: np.random.Generator, n: int, planted: bool, counts: Counts = even, correlation: float = 0.0) -> Draws:
    said, moods = _moods(random, n, counts, correlation)
    return levels(measured({"int_actor_voices": _mood_voices(said, moods)}, n, "sentiment_net"), float(MOODS[0] - MOODS[2]))


def _labelled(random: np.random.Generator, verdicts: Vector, share: Vector) -> dict[str, dict[str, Any]]:
    """300 messages that people read as well: what they say, and what the machine had said."""
    truth = random.choice(3, LABELS, p=share)
    said = (random.random((LABELS, 1)) > np.cumsum(verdicts[truth], axis=1)).sum(axis=1)
    keys = np.char.add("i", np.arange(LABELS).astype(str))
    both = {"platform": np.full(LABELS, "p"), "interaction_id": keys}
    of_the_public = {"audience": np.full(LABELS, "public")} | dict.fromkeys(("is_brand", "is_bot"), np.zeros(LABELS, dtype=np.bool_))
    return {
        "int_sentiment_labels": both | {"label": np.array(["positive", "neutral", "negative"])[truth]},
        "int_interaction_audiences": both | of_the_public | {"sentiment": np.array([0.5, 0.0, -0.5])[np.minimum(said, 2)]},
    }


def _corrected(
    random: np.random.Generator,
    n: int,
    planted: bool,
    correlation: float = 0.0,
    labelled: Vector = VERDICTS,
    labelled_moods: Vector = MOODS,
) -> Draws:
    """Each company has labels of its own: the matrix is made anew for each. `labelled`: the machine's matrix on what was labelled."""
    said, moods = _moods(random, n, even, correlation)
    machine = sum(random.multinomial(moods[..., mood], VERDICTS[mood]) for mood in range(3))
    product = Product({"indicator_period_kinds": ["month"]})
    product.give("int_message_cells", cells(n))
    product.give("int_actor_voices", _mood_voices(said, np.asarray(machine)))
    product.rows("int_indicator_sums", "select count(*) as n from {name}")
    product.connection.execute("alter table int_indicator_sums rename to all_sums")
    cuts = product.connection.execute("select cut_no from int_indicator_cuts where is_computed order by audience").fetchall()
    found = np.full((n, 3), np.nan)
    for company, cut in enumerate(cuts):
        product.connection.execute("create or replace table int_indicator_sums as select * from all_sums where cut_no = ?", cut)
        for model, rows in _labelled(random, labelled, labelled_moods).items():
            product.replace(model, rows)
        product.forget("int_sentiment_confusions", "int_sentiment_estimates")
        row = product.rows("int_sentiment_estimates", "select value, lo, hi from {name} where period_kind = 'month'")
        if len(row["value"]):
            found[company] = row["value"][0], row["lo"][0], row["hi"][0]
    product.connection.close()
    return Draws(found[:, 0], found[:, 1], found[:, 2], np.full(n, float(MOODS[0] - MOODS[2])))


def member_messages(random: np.random.Generator, shape: tuple[int, ...], spread: float) -> Whole:
    """How much members write: Poisson of a lognormal mean of 8."""
    return random.poisson(8 * np.exp(random.normal(-(spread**2) / 2, spread, shape)))


@cache
def gini_of_all(spread: float) -> float:
    """Gini coefficient of 2,000,000 members."""
    sorted_messages = np.sort(member_messages(np.random.default_rng(9), (2_000_000,), spread)).astype(np.float64)
    n = len(sorted_messages)
    return float(2 * (np.arange(1, n + 1) @ sorted_messages) / (n * sorted_messages.sum()) - (n + 1) / n)


def _gini(random: np.random.Generator, n: int, planted: bool, spread: float = 0.8) -> Draws:
    written = member_messages(random, (n, ROOM), spread)
    rows = {
        "platform": np.full(written.size, "p"),
        "room_id": np.full(written.size, "r"),
        "audience": np.repeat(names(n), ROOM),
        "month": np.full(written.size, MONTH),
        "actor_key": np.arange(written.size).astype(str),
        "messages": written.ravel(),
    }
    where = f"period_kind = 'month' and dimension = 'room' and period_start = date '{MONTH}'"
    return levels(measured({"int_room_members": rows}, n, "gini_participation", where), gini_of_all(spread))


def _parity(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0, mixed: bool = False) -> Draws:
    """40 suppliers and 80 clients a quarter write mentions and direct messages; planted: suppliers are answered .1 less often. `mixed`:
    clients write mostly what is answered most, which must not count."""
    rates, effect = np.array([0.5, 0.8]), -0.1 if planted else 0.0
    parts = []
    for cell, (people, asks, shift) in enumerate(((40, 0.5, effect), (80, 0.8 if mixed else 0.5, 0.0))):
        kind = random.random((n, people, 4)) < asks
        chance = rates[kind.astype(np.int64)] + shift
        own = np.ones((n, people, 1)) * chance
        if correlation:
            size = (1 - correlation) / correlation
            level = random.random((n, people, 1))  # one a person: the same quantile of the chances of each kind
            own = betaincinv(chance * size, (1 - chance) * size, level)
        answered = random.random(kind.shape) < own
        quarter = np.repeat(np.arange(n), people * 4)
        asked = (QUARTERS + 3 * quarter).astype("datetime64[us]") + np.timedelta64(3, "D")
        parts.append(
            {
                "cell_no": np.full(kind.size, cell),
                "actor_no": np.repeat(np.arange(n * people), 4) + cell * 10_000_000,
                "kind": np.where(kind.ravel(), "message", "mention"),
                "asked_at": asked,
                "answered_at": np.where(answered.ravel(), asked + np.timedelta64(1, "h"), np.datetime64("NaT")),
            }
        )
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    size = len(rows["kind"])
    rows |= {
        "unit": np.full(size, "message_burst"),
        "thread_no": numbers(np.arange(size)),
        "actor_no": numbers(rows["actor_no"]),
        "cell_no": numbers(rows["cell_no"]),
        "is_deleted": np.zeros(size, dtype=bool),
        "month": rows["asked_at"].astype("datetime64[M]").astype("datetime64[D]"),
        "working_team": np.full(size, "*"),
    }
    audiences = {"cell_no": numbers(np.arange(2)), "platform": np.full(2, "p"), "audience": np.array(["suppliers", "clients"])}
    company = f"date_diff('quarter', date '{QUARTERS}-01', period_start)"
    where = "period_kind = 'quarter' and platform = 'all' and audience = 'suppliers'"
    found = measured({"int_message_cells": audiences, "int_response_times": rows}, n, "sup_response_parity", where, company)
    return levels(found, effect)


SUBJECT = "Moods and groups"
ESTIMATORS = [
    Estimator(
        "sentiment_net",
        "Net mood as the machine reads it: t over people",
        "what the machine makes of the population's messages, not what people feel",
        "relationships.indicators, macro cluster_variance",
        (
            World("assumptions", _mood),
            World("clusters_3", partial(_mood, correlation=0.3)),
            World("heavy_tails", partial(_mood, counts=few_write_most, correlation=0.3), FEW),
        ),
        chunk=250,
        no_effect=None,
        shows=(f"{INDICATOR}sentiment_net",),
    ),
    Estimator(
        "sentiment_net_corrected",
        "Net mood corrected by labels: confusion matrix inverted, t over people and Poisson bootstrap of labels",
        "the net mood of the population's messages, as people read them",
        "int_sentiment_confusions, int_sentiment_estimates",
        (
            World("assumptions", _corrected),
            World("clusters_3", partial(_corrected, correlation=0.3)),
            World(
                "hidden_confounder", partial(_corrected, labelled=EASY), "people labelled what is easy to read: the machine errs less there"
            ),
            World(
                "other_moods",
                partial(_corrected, labelled_moods=OTHER_MOODS),
                "the labelled sample is of an unhappier time (20, 30 and 50 % instead of 45, 35 and 20): the correction must not mind",
            ),
            World(
                "drift",
                partial(_corrected, labelled=EARLIER),
                "the machine was better when the sample was labelled: of neutral messages it read 80 % rightly, now 70",
            ),
        ),
        replicates=SLOW,
        chunk=50,
        no_effect=None,
        shows=(f"{INDICATOR}sentiment_net_corrected",),
    ),
    Estimator(
        "gini_participation",
        "Gini coefficient of a room's members: jackknife on the logit, t over members, upper limit for skewness (Johnson)",
        "the coefficient of the population that members come from",
        "int_gini_estimates, macro gini_estimates",
        (
            World("assumptions", _gini),
            World("heavy_tails", partial(_gini, spread=1.6), "a few members write most of it (sd of log 1.6)"),
        ),
        no_effect=None,
        shows=(f"{INDICATOR}gini_participation",),
    ),
    Estimator(
        "sup_response_parity",
        "Suppliers answered like clients: Newcombe, by kind of message, Wilson at the effective n with t(K-1)",
        "the difference of the two shares, each kind weighted as suppliers write it",
        "int_parity_estimates",
        (
            World("assumptions", _parity),
            World("clusters_3", partial(_parity, correlation=0.3)),
            World("other_mix", partial(_parity, mixed=True), "clients write other kinds of message, which are answered more often"),
        ),
        chunk=250,
        shows=(f"{INDICATOR}sup_response_parity",),
    ),
]

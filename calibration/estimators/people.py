"""Relationship indicators of people: who stood up for the brand, came back, was helped, or answered one another."""

from functools import partial
from typing import Any

import numpy as np

from calibration.conversations import (
    MONTHS,
    Whole,
    actor_months,
    beta_shares,
    even,
    levels,
    measured,
    names,
    numbers,
)
from calibration.study import Draws, Estimator, World

PEOPLE = 120  # a mood needs 100
ADVOCATES, RETURN, PEERS = 0.15, 0.4, 0.3
MONTH = MONTHS[1].astype("datetime64[D]")
CLIENTS = "people come in client companies of 5, who behave alike (correlation .3)"


def voices(n: int, people: int, **columns: Whole) -> dict[str, Any]:
    """Rows of int_actor_voices, from a row per company and a column per person."""
    counts = ("active", "advocates", "messages", "scored", "positive", "negative")
    return {
        "month": np.full(n * people, MONTH),
        "cell_no": numbers(np.repeat(np.arange(n), people)),
        "actor_no": numbers(np.arange(n * people)),
    } | {name: np.asarray(columns.get(name, np.zeros((n, people)))).ravel().astype(np.int32) for name in counts}


def _alike(random: np.random.Generator, n: int, share: float, correlation: float) -> Whole:
    """Who does it, of people in client companies of 5."""
    return random.binomial(1, np.repeat(beta_shares(random, share, correlation, (n, PEOPLE // 5)), 5, axis=1))


def _advocates(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    does = _alike(random, n, ADVOCATES, correlation)
    # a mood is known, so that nobody's standing up means something
    rows = voices(n, PEOPLE, active=np.ones_like(does), advocates=does, messages=np.ones_like(does), scored=np.ones_like(does))
    return levels(measured({"int_actor_voices": rows}, n, "advocacy_rate"), ADVOCATES)


def _returns(random: np.random.Generator, n: int, planted: bool, indicator: str, correlation: float = 0.0) -> Draws:
    """Rows of int_actor_days: everybody was there on a Monday in January, some again three weeks later."""
    again = _alike(random, n, RETURN, correlation).ravel() > 0
    first, later = np.datetime64("2026-01-05"), np.datetime64("2026-01-26")
    person = np.arange(n * PEOPLE)
    is_new = indicator == "return_rate_28d"

    def seen(chosen: Whole, date: np.datetime64, following: Any) -> dict[str, Any]:
        return {
            "platform": np.full(len(chosen), "all"),
            "audience": names(n)[chosen // PEOPLE],
            "actor_no": numbers(chosen),
            "date": np.full(len(chosen), date),
            "first_date": np.full(len(chosen), first if is_new else np.datetime64("2025-10-01")),
            "next_date": following,
        }

    nothing = np.datetime64("NaT", "D")
    parts = [
        seen(person, first, np.where(again, later, nothing)),
        seen(person[again], later, np.full(int(again.sum()), nothing)),
    ]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    where = (
        f"period_kind = '{'week' if is_new else 'quarter'}' and platform = 'all' and period_start = date '2026-01-0{5 if is_new else 1}'"
    )
    return levels(measured({"int_actor_days": rows}, n, indicator, where), RETURN)


def _helped(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    """Questions of 60 colleagues each; a company is a team."""
    asked = even(random, n)
    helped = random.binomial(asked, beta_shares(random, RETURN, correlation, asked.shape))
    person = np.repeat(np.arange(asked.size), asked.ravel())
    size = len(person)
    begun = np.repeat(np.cumsum(asked.ravel()) - asked.ravel(), asked.ravel())
    rows = {
        "platform": np.full(size, "p"),
        "month": np.full(size, MONTH),
        "teams": [[team] for team in names(n)[person // asked.shape[1]]],
        "person_key": np.char.add("e", person.astype(str)),
        "is_answered": np.arange(size) - begun < np.repeat(helped.ravel(), asked.ravel()),
        "is_answered_by_another_team": np.zeros(size, dtype=np.bool_),
    }
    where = f"period_kind = 'month' and platform = 'all' and dimension = 'team' and period_start = date '{MONTH}'"
    company = "cast(ltrim(dimension_value, 'w') as integer)"
    return levels(measured({"int_questions": rows}, n, "peer_help_rate", where, company), RETURN)


def _peers(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0, spread: float = 0.5) -> Draws:
    """Messages of 60 threads, some of them answers to another one of the audience; a share of its own in each thread."""
    threads = 60
    said = 1 + random.poisson(3 * np.exp(random.normal(-(spread**2) / 2, spread, (n, threads))))
    peers = random.binomial(said, beta_shares(random, PEERS, correlation, said.shape))
    size = n * threads
    rows = {
        "month": np.full(size, MONTH),
        "cell_no": numbers(np.repeat(np.arange(n), threads)),
        "thread_no": numbers(np.arange(size)),
        "audience_messages": said.ravel(),
        "peer_replies": peers.ravel(),
    } | {name: np.zeros(size, dtype=np.int64) for name in ("brand_messages", "counted_replies", "threads", "messages", "long_threads")}
    asked = np.zeros((n, threads), dtype=np.int64)
    people = actor_months(asked, asked, 1) | {"wrote": np.ones(size, dtype=np.int32)}
    return levels(measured({"int_thread_months": rows, "int_actor_months": people}, n, "peer_share"), PEERS)


INDICATOR = "relationships.indicators: "
OF_PEOPLE = "relationships.indicators, macros wilson_lower and wilson_upper"
SUBJECT = "People"
ESTIMATORS = [
    Estimator(
        "advocacy_rate",
        "Share of people who stood up for the brand: Wilson over people",
        "the share in the population of people",
        OF_PEOPLE,
        (World("assumptions", _advocates), World("clusters_3", partial(_advocates, correlation=0.3), CLIENTS)),
        no_effect=None,
        shows=(f"{INDICATOR}advocacy_rate",),
    ),
    Estimator(
        "repeat_engagement",
        "Share of people seen on two days of a quarter: Wilson over people",
        "the share in the population of people",
        OF_PEOPLE,
        (
            World("assumptions", partial(_returns, indicator="repeat_engagement")),
            World("clusters_3", partial(_returns, indicator="repeat_engagement", correlation=0.3), CLIENTS),
        ),
        no_effect=None,
        shows=(f"{INDICATOR}repeat_engagement",),
    ),
    Estimator(
        "return_rate_28d",
        "Share of a week's newcomers seen again within 28 days: Wilson over people",
        "the share in the population of people",
        OF_PEOPLE,
        (
            World("assumptions", partial(_returns, indicator="return_rate_28d")),
            World("clusters_3", partial(_returns, indicator="return_rate_28d", correlation=0.3), CLIENTS),
        ),
        no_effect=None,
        shows=(f"{INDICATOR}return_rate_28d",),
    ),
    Estimator(
        "peer_help_rate",
        "Share of colleagues' questions that a colleague answers: Wilson at n / deff with t(K-1) over people",
        "the share in the population of colleagues",
        "relationships.indicators, macros design_effect, wilson_lower and wilson_upper",
        (World("assumptions", _helped), World("clusters_3", partial(_helped, correlation=0.3))),
        no_effect=None,
        shows=(f"{INDICATOR}peer_help_rate", f"{INDICATOR}peer_help_rate_other_team", f"{INDICATOR}csat"),
    ),
    Estimator(
        "peer_share",
        "Share of the audience's messages that answer one another: Wilson at n / deff with t(K-1) over threads",
        "the share in the population of threads",
        "relationships.indicators, macros design_effect, wilson_lower and wilson_upper",
        (
            World("assumptions", _peers),
            World("clusters_3", partial(_peers, correlation=0.3)),
            World(
                "heavy_tails", partial(_peers, correlation=0.3, spread=1.6), "a few threads hold most messages, each in a way of its own"
            ),
        ),
        no_effect=None,
        shows=(f"{INDICATOR}peer_share",),
    ),
]

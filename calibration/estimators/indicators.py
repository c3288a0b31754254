"""Relationship indicators of messages: shares at the effective number, Kaplan-Meier times, depth of threads, and their change."""

import math
from functools import partial

import numpy as np
from scipy.special import ndtr, ndtri

from calibration.conversations import (
    MONTHS,
    PEOPLE,
    Counts,
    Requests,
    Whole,
    actor_months,
    beta_shares,
    even,
    few_write_most,
    levels,
    measured,
    messages,
    numbers,
)
from calibration.study import SLOW, Draws, Estimator, World

DAY = 86_400.0
SHARE = 0.6  # of requests that are answered within 24 hours
SHARE_TIMED = 0.8  # where the time is asked after: the median must be reached
MEDIAN, SD_LOG = 90.0, 1.2  # minutes until an answer that comes
FEW_WRITE_MOST = "a few people write most of the messages (sd of log 1.6), and each is answered in a way of his own (correlation .3)"
MACHINE = "half of the messages get one text from a machine within a minute, which nothing marks as one; the truth is what people answered"


def _rate(random: np.random.Generator, n: int, planted: bool, counts: Counts = even, correlation: float = 0.0) -> Draws:
    asked = counts(random, n)
    answered = random.binomial(asked, beta_shares(random, SHARE, correlation, asked.shape))
    return levels(measured({"int_actor_months": actor_months(answered, asked, 1)}, n, "response_rate_24h"), SHARE)


def _reciprocity(random: np.random.Generator, n: int, planted: bool, correlation: float = 0.0) -> Draws:
    """One number per person; correlation: people of one client company (5 each) are answered alike."""
    share = np.repeat(beta_shares(random, SHARE, correlation, (n, PEOPLE // 5)), 5, axis=1)
    answered = random.binomial(1, share)
    return levels(measured({"int_actor_months": actor_months(answered, np.ones_like(answered), 1)}, n, "reciprocity_dyad"), SHARE)


def _machine(random: np.random.Generator, n: int, planted: bool, indicator: str, truth: float, share: float) -> Draws:
    return levels(measured({"int_messages_placed": messages(_requests(random, even(random, n), share, machine=0.5))}, n, indicator), truth)


def _requests(random: np.random.Generator, counts: Whole, of_all: float, correlation: float = 0.0, machine: float = 0.0) -> Requests:
    """Requests over a month; each is answered, if at all, within the day."""
    share = beta_shares(random, of_all, correlation, counts.shape)
    company, person = np.nonzero(counts > 0)
    repeated = counts[company, person]
    company, person = np.repeat(company, repeated), np.repeat(person, repeated)
    n = len(company)
    within = float(ndtr(math.log(1440 / MEDIAN) / SD_LOG))  # the lognormal is cut off at the day
    # an answer's time goes with the person's: some are known to the desk, some wait
    own = random.normal(size=counts.shape)[company, person]
    level = ndtr(math.sqrt(correlation) * own + math.sqrt(1 - correlation) * random.normal(size=n))
    minutes = MEDIAN * np.exp(SD_LOG * ndtri(within * level))
    return Requests(
        company=company,
        person=person,
        month=np.ones(n, dtype=np.int64),
        second=random.random(n) * 27 * DAY,
        delay=np.where(random.random(n) < share[company, person], minutes * 60, math.inf),
        is_machine=random.random(n) < machine,
        machine=machine > 0,
    )


def answered_by(minutes: float) -> float:
    """The share of all requests that is answered within so many minutes."""
    return SHARE_TIMED * float(ndtr(math.log(minutes / MEDIAN) / SD_LOG) / ndtr(math.log(1440 / MEDIAN) / SD_LOG))


def median_minutes() -> float:
    """When half of all requests are answered."""
    return MEDIAN * math.exp(SD_LOG * float(ndtri(0.5 / SHARE_TIMED * ndtr(math.log(1440 / MEDIAN) / SD_LOG))))


def _times(
    random: np.random.Generator, n: int, planted: bool, indicator: str, truth: float, counts: Counts = even, correlation: float = 0.0
) -> Draws:
    """Kaplan-Meier over requests, given as rows of int_response_times."""
    requests = _requests(random, counts(random, n), SHARE_TIMED, correlation)
    size = len(requests.company)
    asked = MONTHS[1] + (requests.second * 1e6).astype("timedelta64[us]")
    comes = np.isfinite(requests.delay)
    rows = {
        "unit": np.full(size, "message_burst"),
        "thread_no": numbers(np.arange(size)),
        "actor_no": numbers(requests.company * 1_000_000 + requests.person),
        "cell_no": numbers(requests.company),
        "asked_at": asked,
        "answered_at": np.where(comes, asked + (np.where(comes, requests.delay, 0) * 1e6).astype("timedelta64[us]"), np.datetime64("NaT")),
        "is_deleted": np.zeros(size, dtype=bool),
        "month": np.full(size, MONTHS[1].astype("datetime64[D]")),
        "working_team": np.full(size, "*"),
    }
    found = measured({"int_response_times": rows}, n, indicator)
    # a median is given without an upper limit where the limit is never reached: the interval is open
    open_above = np.isfinite(found["value"]) & np.isnan(found["hi"])
    return levels(found | {"hi": np.where(open_above, math.inf, found["hi"])}, truth)


def _change(random: np.random.Generator, n: int, planted: bool, counts: Counts = even, correlation: float = 0.0) -> Draws:
    """The same people in two months; planted: .1 more is answered in the second, to each in proportion to what he lacked."""
    effect, before = 0.1 if planted else 0.0, SHARE - 0.1
    share = beta_shares(random, before, correlation, (n, PEOPLE))
    months = []
    for month, own in enumerate((share, share + effect * (1 - share) / (1 - before))):
        asked = counts(random, n)
        months.append(actor_months(random.binomial(asked, own), asked, month))
    rows = {key: np.concatenate([part[key] for part in months]) for key in months[0]}
    found = measured({"int_actor_months": rows}, n, "response_rate_24h")
    return Draws(found["change"], found["change_lo"], found["change_hi"], np.full(n, effect))


THREADS = 60
REPLIES = 1.5  # mean number of the brand's replies below a post


def _thread_counts(random: np.random.Generator, mean: float, spread: float, n: int) -> Whole:
    """Numbers per thread with this mean: Poisson of a lognormal mean with this standard deviation of the logarithm."""
    return random.poisson(mean * np.exp(random.normal(-(spread**2) / 2, spread, (n, THREADS))))


def _threads(random: np.random.Generator, n: int, planted: bool, indicator: str, spread: float = 1.0) -> Draws:
    """Rows of int_thread_months: a post and its replies; or the messages of a thread, at least two."""
    replies = _thread_counts(random, REPLIES, spread, n).ravel()
    size = n * THREADS
    company = np.repeat(np.arange(n), THREADS)
    rows = {
        "month": np.full(size, MONTHS[1].astype("datetime64[D]")),
        "cell_no": numbers(company),
        "thread_no": numbers(np.arange(size)),
        "brand_messages": 1 + replies,
        "counted_replies": replies,
        "threads": np.ones(size, dtype=np.int64),
        "messages": 2 + replies,
        "long_threads": (replies > 0).astype(np.int64),
        "audience_messages": np.zeros(size, dtype=np.int64),
        "peer_replies": np.zeros(size, dtype=np.int64),
    }
    # a person of its own in every thread
    people = actor_months(np.zeros((n, THREADS), dtype=np.int64), np.zeros((n, THREADS), dtype=np.int64), 1)
    people |= dict.fromkeys(("replied_to", "in_threads"), np.ones(size, dtype=np.int32))
    found = measured({"int_thread_months": rows, "int_actor_months": people}, n, indicator)
    return levels(found, REPLIES / (1 + REPLIES) if indicator == "two_way_ratio" else 2 + REPLIES)


SUBJECT = "Messages and threads"
ESTIMATORS = [
    Estimator(
        "response_rate",
        "Share of messages answered: Wilson at n / deff with t(K-1)",
        "the share in the population of people",
        "relationships.indicators, macros design_effect, wilson_lower and wilson_upper",
        (
            World("assumptions", _rate),
            World("clusters_3", partial(_rate, correlation=0.3)),
            World("heavy_tails", partial(_rate, counts=few_write_most, correlation=0.3), FEW_WRITE_MOST),
            World("auto_responder", partial(_machine, indicator="response_rate_24h", truth=SHARE, share=SHARE), MACHINE, replicates=SLOW),
        ),
        chunk=250,
        no_effect=None,
        shows=(
            "relationships.indicators: response_rate_*",
            "relationships.indicators: first_response_within_60min",
            "relationships.indicators: first_touch_human",
        ),
    ),
    Estimator(
        "reciprocity",
        "Share of people answered: Wilson over people",
        "the share in the population of people",
        "relationships.indicators, macros wilson_lower and wilson_upper",
        (
            World("assumptions", _reciprocity),
            World(
                "clusters_3",
                partial(_reciprocity, correlation=0.3),
                "people come in client companies of 5, which are answered alike (correlation .3)",
            ),
        ),
        no_effect=None,
        shows=("relationships.indicators: reciprocity_dyad",),
    ),
    Estimator(
        "two_way_ratio",
        "Two-way ratio: Wilson at n / deff with t(K-1) over threads",
        "replies over all public messages of the brand, in the population of threads",
        "relationships.indicators",
        (
            World("assumptions", partial(_threads, indicator="two_way_ratio")),
            World(
                "even_threads",
                partial(_threads, indicator="two_way_ratio", spread=0.0),
                "threads are more alike than chance would have them, for which the interval, never below the binomial one, is too wide",
            ),
            World(
                "heavy_tails", partial(_threads, indicator="two_way_ratio", spread=1.6), "a few threads hold most replies (sd of log 1.6)"
            ),
        ),
        no_effect=None,
        shows=(
            "relationships.indicators: two_way_ratio",
            "relationships.indicators: broadcast_share",
        ),
    ),
    Estimator(
        "thread_depth",
        "Mean messages per thread: t over threads",
        "the mean in the population of threads",
        "relationships.indicators",
        (
            World("assumptions", partial(_threads, indicator="thread_depth_mean", spread=0.5)),
            World(
                "heavy_tails", partial(_threads, indicator="thread_depth_mean", spread=1.6), "a few threads are very long (sd of log 1.6)"
            ),
        ),
        no_effect=None,
        shows=(
            "relationships.indicators: thread_depth_mean",
            "relationships.indicators: thread_depth_share_3",
        ),
    ),
    Estimator(
        "response_time_median",
        "Median time to an answer: Kaplan-Meier, Greenwood log-log",
        "the time by which half of all messages are answered",
        "relationships.indicators, macro kaplan_meier_curve",
        (
            World("assumptions", partial(_times, indicator="response_time_median_km", truth=median_minutes())),
            World("clusters_3", partial(_times, indicator="response_time_median_km", truth=median_minutes(), correlation=0.3)),
            World(
                "heavy_tails",
                partial(_times, indicator="response_time_median_km", truth=median_minutes(), counts=few_write_most, correlation=0.3),
                FEW_WRITE_MOST,
            ),
        ),
        chunk=250,
        no_effect=None,
        shows=(
            "relationships.indicators: response_time_median_km",
            "relationships.indicators: first_response_median_km",
        ),
    ),
    Estimator(
        "response_within_60min",
        "Share answered within an hour: Kaplan-Meier, Greenwood log-log",
        "the share of all messages that is answered within 60 minutes",
        "relationships.indicators, macro kaplan_meier_curve",
        (
            World("assumptions", partial(_times, indicator="response_within_60min_km", truth=answered_by(60))),
            World("clusters_3", partial(_times, indicator="response_within_60min_km", truth=answered_by(60), correlation=0.3)),
            World(
                "auto_responder",
                partial(_machine, indicator="response_within_60min_km", truth=answered_by(60), share=SHARE_TIMED),
                MACHINE,
                replicates=SLOW,
            ),
        ),
        chunk=250,
        no_effect=None,
        shows=("relationships.indicators: response_within_60min_km",),
    ),
    Estimator(
        "response_rate_change",
        "Change of that share between two months: Newcombe with the correlation of the same people",
        "the difference of the two shares",
        "relationships.indicators, macro newcombe_half_width",
        (
            World("assumptions", _change),
            World("clusters_3", partial(_change, correlation=0.3)),
            World("heavy_tails", partial(_change, counts=few_write_most, correlation=0.3), FEW_WRITE_MOST),
        ),
        shows=("relationships.indicators: change",),
    ),
]

"""The network of colleagues: how uneven a team is, and how many of its ties cross its border."""

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.conversations import Whole
from calibration.estimators.moods import gini_of_all, member_messages
from calibration.product import Product
from calibration.study import Draws, Estimator, Vector, World

MONTH = np.datetime64("1960-01")
TEAM, OTHERS = 40, 60  # colleagues, and those of other teams whom they may know
INSIDE, ACROSS = 0.08, 0.02  # how often one of a pair addresses the other


def _read(product: Product, n: int, column: str) -> dict[str, Vector]:
    found = product.rows(
        "relationships_internal_network",
        f"select date_diff('month', date '{MONTH}-01', month) as company, {column} as value, {column}_lo as lo, {column}_hi as hi from {{name}} "
        "where team = 't'",
    )
    product.connection.close()
    columns = {name: np.full(n, np.nan) for name in ("value", "lo", "hi")}
    for name, values in columns.items():
        values[found["company"].astype(np.int64)] = found[name]
    return columns


def _months(company: Whole) -> NDArray[Any]:
    return (MONTH + company).astype("datetime64[D]")


def _keys(company: Whole, kind: str, person: Whole) -> NDArray[Any]:
    return np.char.add(np.char.add(company.astype(str), kind), person.astype(str))


def _participation(written: Whole) -> dict[str, Any]:
    """Rows of int_network_participation: a company is a month, its team `t`, and beside it colleagues of whom nothing is said."""
    n = len(written)
    everybody = np.concatenate([written, np.ones((n, OTHERS), dtype=np.int64)], axis=1)
    parts = []
    for team, messages in (("t", written), ("all", everybody)):
        company, person = (index.ravel() for index in np.indices(messages.shape))
        parts.append(
            {
                "month": _months(company),
                "team": np.full(messages.size, team),
                "person_key": np.where(person < TEAM, _keys(company, "e", person), _keys(company, "o", person - TEAM)),
                "messages": messages.ravel(),
                "place": np.argsort(np.argsort(messages, axis=1, kind="stable"), axis=1).ravel() + 1,
            }
        )
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return rows | {"members_from": np.full(len(rows["team"]), "teams")}


def _places(n: int) -> dict[str, Any]:
    """Rows of int_network_places: nobody moves."""
    company, person = (index.ravel() for index in np.indices((n, TEAM + OTHERS)))
    return {
        "month": _months(company),
        "person_key": np.where(person < TEAM, _keys(company, "e", person), _keys(company, "o", person - TEAM)),
        "starts_at": _months(company).astype("datetime64[us]"),
        "teams": [["all", "t"] if of_team else ["all"] for of_team in person < TEAM],
    }


def _gini(random: np.random.Generator, n: int, planted: bool, spread: float = 0.8) -> Draws:
    product = Product()
    product.give("int_network_participation", _participation(member_messages(random, (n, TEAM), spread)))
    product.give("int_network_places", _places(n))
    found = _read(product, n, "gini")
    return Draws(found["value"], found["lo"], found["hi"], np.full(n, gini_of_all(spread)))


def _chances(random: np.random.Generator, n: int, spread: float) -> tuple[Vector, Vector]:
    """Chances of an edge inside the team (n, TEAM, TEAM) and over its border (n, TEAM, OTHERS): who knows many inside need not outside."""

    def outgoing(people: int) -> Vector:
        return np.exp(random.normal(-(spread**2) / 2, spread, (n, people)))

    sends, receives, abroad, others = (outgoing(people) for people in (TEAM, TEAM, TEAM, OTHERS))
    inside = np.minimum(INSIDE * sends[:, :, None] * receives[:, None, :], 0.9) * (1 - np.eye(TEAM))
    return inside, np.minimum(ACROSS * abroad[:, :, None] * others[:, None, :], 0.9)


@cache
def _share_across(spread: float) -> float:
    inside, across = _chances(np.random.default_rng(11), 4_000, spread)
    return float(across.sum() / (inside.sum() + across.sum()))


def _ties(random: np.random.Generator, n: int, planted: bool, spread: float = 0.5) -> Draws:
    """Rows of int_network_ties, as a team sees its own."""
    parts: list[dict[str, Any]] = []
    for is_external, chances in enumerate(_chances(random, n, spread)):
        company, sender, receiver = np.nonzero(random.random(chances.shape) < chances)
        parts.append(
            {
                "month": _months(company),
                "team": np.full(len(company), "t"),
                "from_key": _keys(company, "e", sender),
                "to_key": _keys(company, "o" if is_external else "e", receiver),
                "is_external": np.full(len(company), bool(is_external)),
                "is_inside": np.full(len(company), not is_external),
            }
        )
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    size = len(rows["team"])
    rows |= {name: np.zeros(size, dtype=np.bool_) for name in ("is_undirected", "is_reciprocated")}
    product = Product()
    product.give("int_network_participation", _participation(np.ones((n, TEAM), dtype=np.int64)))
    product.give("int_network_places", _places(n))
    product.give("int_network_ties", rows)
    found = _read(product, n, "cross_team_share")
    return Draws(found["value"], found["lo"], found["hi"], np.full(n, _share_across(spread)))


SUBJECT = "Network of colleagues"
ESTIMATORS = [
    Estimator(
        "network_gini",
        "Gini coefficient of a team's messages: jackknife on the logit, t over members, upper limit for skewness (Johnson)",
        "the coefficient of the people whom the team's stand for; of the team itself it is exact",
        "relationships.internal_network, macro gini_estimates",
        (
            World("assumptions", _gini),
            World("heavy_tails", partial(_gini, spread=1.6), "a few members write most of it (sd of log 1.6)"),
        ),
        no_effect=None,
        shows=("relationships.internal_network: gini",),
    ),
    Estimator(
        "cross_team_share",
        "Share of a team's ties that cross its border: Wilson at the effective number of ties, t(K-1)",
        "the share in the population that colleagues and others come from; of these people it is exact",
        "int_network_intervals, macros wilson_lower and wilson_upper",
        (
            World("assumptions", _ties),
            World(
                "heavy_tails", partial(_ties, spread=1.2), "a few people have most ties (sd of log 1.2 of those sent and of those received)"
            ),
        ),
        chunk=250,
        no_effect=None,
        note="The E-I index is twice this share less 1, and so are its limits.",
        shows=(
            "relationships.internal_network: cross_team_share",
            "relationships.internal_network: ei_index",
            "relationships.indicators: cross_team_share",
            "relationships.indicators: ei_index",
        ),
    ),
]

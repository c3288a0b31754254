"""Small companies' conversations as rows of intermediate models; a company is an audience, so that one query measures them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from calibration.product import Columns, Product
from calibration.study import Draws, Vector

PEOPLE = 60  # of a company's audience
Whole = NDArray[np.int64]
Counts = Callable[[np.random.Generator, int], Whole]
MONTHS = np.array(["2026-04-01", "2026-05-01"], dtype="datetime64[us]")


def names(n: int) -> NDArray[Any]:
    return np.char.add("w", np.char.zfill(np.arange(n).astype(str), 5))


def beta_shares(random: np.random.Generator, mean: float, correlation: float, shape: tuple[int, ...]) -> Vector:
    """A probability for each cluster such that two answers of one cluster correlate by `correlation`; 0: all alike."""
    if not correlation:
        return np.full(shape, mean)
    size = (1 - correlation) / correlation
    return random.beta(mean * size, (1 - mean) * size, shape)


def even(random: np.random.Generator, n: int) -> Whole:
    """Requests of each person: 1 and a Poisson number."""
    return 1 + random.poisson(2.0, (n, PEOPLE))


def few_write_most(random: np.random.Generator, n: int) -> Whole:
    """Lognormal with standard deviation 1.6 of the logarithm, at most 100 a month."""
    return np.ceil(np.minimum(np.exp(random.normal(0.0, 1.6, (n, PEOPLE))), 100)).astype(np.int64)


@dataclass(frozen=True)
class Requests:
    """One entry per request: company, person, month number, seconds after the month's start, seconds until the answer (inf: never)."""

    company: NDArray[np.int64]
    person: NDArray[np.int64]
    month: NDArray[np.int64]
    second: Vector
    delay: Vector
    is_machine: NDArray[np.bool_]  # answered at once by the machine, in the same words
    machine: bool = False


def cells(companies: int) -> dict[str, Any]:
    """Rows of int_message_cells: all that a company hears is one cell, and an audience of its own."""
    return {"cell_no": numbers(np.arange(companies)), "platform": np.full(companies, "p"), "audience": names(companies)}


def numbers(values: NDArray[Any]) -> NDArray[np.uint64]:
    return np.asarray(values).astype(np.uint64)


def messages(requests: Requests) -> dict[str, Any]:
    """Rows of int_messages_placed: every request stands in a thread of its own."""
    n = len(requests.company)
    request = np.arange(n)
    start = MONTHS[requests.month] + (requests.second * 1e6).astype("timedelta64[us]")
    person = requests.company * 1_000_000 + requests.person

    def said(chosen: NDArray[np.bool_], place: int, delay: Vector, text: NDArray[Any] | None) -> dict[str, Any]:
        size, is_brand = int(chosen.sum()), text is not None
        return {
            "platform": np.full(size, "p"),
            "message_no": numbers(request[chosen] * 3 + place),
            "occurred_at": start[chosen] + (delay[chosen] * 1e6).astype("timedelta64[us]"),
            "kind": np.full(size, "reply" if is_brand else "mention"),
            "cell_no": numbers(requests.company[chosen]),
            "actor_no": numbers(np.zeros(size) if is_brand else person[chosen] + 1),
            "party_no": numbers(person[chosen] + 1),
            "thread_no": numbers(request[chosen]),
            "parent_no": pa.array(request[chosen] * 3, pa.uint64()) if is_brand else pa.nulls(size, pa.uint64()),
            "audience_parent_no": pa.array(request[chosen] * 3, pa.uint64()) if is_brand else pa.nulls(size, pa.uint64()),
            "text_no": numbers(text[chosen]) if text is not None else pa.nulls(size, pa.uint64()),
            "needs_reply": pa.nulls(size, pa.bool_()) if is_brand else pa.array([True] * size),
            "is_brand": np.full(size, is_brand),
            "is_answer": np.full(size, is_brand),
            "is_inbound": np.full(size, not is_brand),
        }

    own = 1_000_000_000 + request  # everybody their own words
    parts = [
        said(np.ones(n, dtype=np.bool_), 0, np.zeros(n), None),
        said(np.isfinite(requests.delay), 1, np.where(np.isfinite(requests.delay), requests.delay, 0.0), own),
    ]
    if requests.machine:
        parts.append(said(requests.is_machine, 2, np.full(n, 60.0), requests.company))
    columns = {key: pa.concat_arrays([pa.array(part[key]) for part in parts]) for key in parts[0]}
    size = len(columns["kind"])
    always = {"is_public_social": True, "is_conversation": True, "is_bot": False, "is_deleted": False, "is_peer_reply": False}
    return columns | {name: np.full(size, value) for name, value in always.items()}


IN_MONTH = f"period_kind = 'month' and platform = 'all' and dimension = 'all' and period_start = date '{MONTHS[1].astype('datetime64[D]')}'"
BY_AUDIENCE = "cast(ltrim(audience, 'w') as integer)"


def measured(
    given: Mapping[str, Columns], companies: int, indicator: str, where: str = IN_MONTH, company: str = BY_AUDIENCE
) -> dict[str, Vector]:
    """What relationships.indicators says of each company: value, lo, hi, change, change_lo, change_hi; NaN where refused. `company`: its
    number by the columns of the mart."""
    product = Product({"indicator_period_kinds": ["month"]})
    for model, rows in {"int_message_cells": cells(companies), **given}.items():
        product.give(model, rows)
    found = product.rows(
        "relationships_indicators",
        f"select {company} as company, value, lo, hi, change, change_lo, change_hi from {{name}} where indicator = '{indicator}' and {where}",
    )
    product.connection.close()
    at = found.pop("company").astype(np.int64)
    columns = {}
    for name, values in found.items():
        columns[name] = np.full(companies, np.nan)
        columns[name][at] = values
    return columns


def actor_months(answered: Whole, asked: Whole, month: int) -> dict[str, Any]:
    """Rows of int_actor_months, from a row per company and a column per person."""
    n, people = asked.shape
    columns = dict.fromkeys(("bursts", "begun", "addressed"), (asked.ravel() > 0).astype(np.int32))
    none = ("asked_1h", "asked_4h", "asked_72h", "opened", "conversations", "replied_to", "in_threads", "wrote")
    return (
        {
            "month": np.full(n * people, MONTHS[month].astype("datetime64[D]")),
            "cell_no": numbers(np.repeat(np.arange(n), people)),
            "actor_no": numbers(np.arange(n * people)),
            "asked_24h": asked.ravel(),
            "answered_24h": answered.ravel(),
            "got_answer": (answered.ravel() > 0).astype(np.int32),
        }
        | columns
        | dict.fromkeys(none, np.zeros(n * people, dtype=np.int32))
    )


def levels(found: dict[str, Vector], truth: float) -> Draws:
    return Draws(found["value"], found["lo"], found["hi"], np.full(len(found["value"]), truth))

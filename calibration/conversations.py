"""Small companies' conversations as rows of intermediate models; a company is an audience, so that one query measures them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from calibration.product import Columns, Product
from calibration.study import Vector

MONTHS = np.array(["2026-04-01", "2026-05-01"], dtype="datetime64[us]")


def names(n: int) -> NDArray[Any]:
    return np.char.add("w", np.char.zfill(np.arange(n).astype(str), 5))


def beta_shares(random: np.random.Generator, mean: float, correlation: float, shape: tuple[int, ...]) -> Vector:
    """A probability for each cluster such that two answers of one cluster correlate by `correlation`; 0: all alike."""
    if not correlation:
        return np.full(shape, mean)
    size = (1 - correlation) / correlation
    return random.beta(mean * size, (1 - mean) * size, shape)


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


def measured(given: Mapping[str, Columns], companies: int, indicator: str, month: int = 1) -> dict[str, Vector]:
    """What relationships.indicators says of each company's month: value, lo, hi, change, change_lo, change_hi; NaN where refused."""
    product = Product({"indicator_period_kinds": ["month"]})
    for model, rows in {"int_message_cells": cells(companies), **given}.items():
        product.give(model, rows)
    found = product.rows(
        "relationships_indicators",
        "select audience, value, lo, hi, change, change_lo, change_hi from {name} where period_kind = 'month' and platform = 'all' "
        f"and dimension = 'all' and indicator = '{indicator}' and period_start = date '{MONTHS[month].astype('datetime64[D]')}'",
    )
    product.connection.close()
    at = np.char.lstrip(found.pop("audience").astype(str), "w").astype(np.int64)
    columns = {}
    for name, values in found.items():
        columns[name] = np.full(companies, np.nan)
        columns[name][at] = values
    return columns

"""Clients at landmarks (intermediate.int_retention_units) -> est_retention_lift: did the engaged stay longer, naive beside adjusted."""

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipelines.estimates.adjusted_comparison import MINIMUM_UNITS, Comparison, compare

COLUMNS = (
    "landmark date, segment text, exposure text, outcome text, compared_with text, n1 bigint, n0 bigint, "
    "naive double, naive_lo double, naive_hi double, adjusted double, lo double, hi double, "
    "stratified double, stratified_lo double, stratified_hi double, smd_before double, smd_after double, matched_share double, "
    "e_value double, e_value_limit double, negative_control_p double, reason text"
)
EXPOSURES = ("answered_24h", "two_way_thread", "any_touch", "community_active")
CATEGORIES = ("segment", "plan", "industry", "country")
UNITS_PER_TERM = 8  # of the smaller group: more covariates than that fit noise
SMALLEST_CATEGORY = 10
PERSONS = 10  # a number of fewer people is not shown
IMMATURE = Comparison(0, 0, reason="the 180 days after the landmark are not over")
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Columns = dict[str, NDArray[np.object_]]


def covariates(columns: Columns, budget: int) -> Vector:
    """What clients were like before their exposure: at most `budget` columns, the most telling first; squares let a curve be one."""
    numbers = [np.log1p(columns[name].astype(np.float64)) for name in ("tenure_days", "amount", "earlier_days")]
    if (columns["outcome"] == "ordered").all():
        numbers += [np.log1p(columns[name].astype(np.float64)) for name in ("recent_orders", "days_since_last")]
    indicators = []
    for name in CATEGORIES:
        values, counts = np.unique(columns[name][columns[name] != np.array(None)].astype(str), return_counts=True)
        # the largest category is what the others are held against
        ranked = (
            sorted(zip(-counts, values, strict=True))[1:]
            if counts.sum() == len(columns[name])
            else sorted(zip(-counts, values, strict=True))
        )
        indicators += [(columns[name] == value).astype(np.float64) for count, value in ranked if -count >= SMALLEST_CATEGORY]
    squares = [(each - each.mean()) ** 2 for each in numbers]
    return np.column_stack([*numbers, *indicators, *squares][: max(budget, len(numbers))])


def _cell(columns: Columns, exposure: str) -> tuple[Comparison, str]:
    """The comparison of one landmark, segment and exposure, and with whom the engaged are compared."""
    is_engaged = columns[f"is_{exposure}"].astype(np.bool_)
    others = "all other clients"
    if exposure == "answered_24h":
        # who asked and was left waiting is the fair comparison; who never asked is one only where those are too few
        waited = (columns["requests"].astype(np.int64) > 0) & ~is_engaged
        if waited.sum() >= MINIMUM_UNITS:
            others = "clients who asked and were not answered within 24 hours"
            columns = {name: values[is_engaged | waited] for name, values in columns.items()}
            is_engaged = columns[f"is_{exposure}"].astype(np.bool_)
    budget = int(min(is_engaged.sum(), (~is_engaged).sum())) // UNITS_PER_TERM
    control = np.array([np.nan if value is None else float(value) for value in columns["is_control_outcome"]])
    return compare(is_engaged, columns["is_kept"].astype(np.float64), covariates(columns, budget), control), others


def _row(landmark: date, segment: str, exposure: str, outcome: str, others: str | None, found: Comparison) -> tuple[object, ...]:
    naive, reason = found.naive, found.reason
    counts: tuple[int | None, int | None] = (found.n1, found.n0)
    if reason and min(found.n1, found.n0) < PERSONS:
        naive, counts = None, (None, None)
        if min(found.n1, found.n0):
            reason = f"fewer than {PERSONS} clients are engaged, or are not"
    limits = [value for each in (naive, found.adjusted, found.stratified) for value in (each or (None, None, None))]
    diagnostics = (found.smd_before, found.smd_after, found.matched_share, found.e_value, found.e_value_limit, found.negative_control_p)
    return (landmark, segment, exposure, outcome, others, *counts, *limits, *diagnostics, reason)


def retention_lift(connection: duckdb.DuckDBPyConnection) -> Sequence[tuple[object, ...]]:
    """Rows of est_retention_lift: landmark x segment (and `all`) x exposure; a landmark whose outcome is not known yet says so."""
    result = connection.execute("select * from intermediate.int_retention_units order by landmark, customer_key")
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    columns = {name: np.array([row[place] for row in rows], dtype=object) for place, name in enumerate(names)}
    found = []
    for landmark in np.unique(columns["landmark"]) if rows else ():
        at_landmark = columns["landmark"] == landmark
        segments = sorted({value for value in columns["segment"][at_landmark] if value is not None})
        for segment in ["all", *segments]:
            chosen = at_landmark & ((columns["segment"] == segment) if segment != "all" else True)
            cell = {name: values[chosen] for name, values in columns.items()}
            for exposure in EXPOSURES:
                comparison, others = _cell(cell, exposure) if cell["is_mature"].all() else (IMMATURE, None)
                found.append(_row(landmark, segment, exposure, cell["outcome"][0], others, comparison))
    return found

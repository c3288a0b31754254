"""Orders and contracts of customers -> what they will bring in 39 weeks: est_customer_fits (parameters, totals) and est_customer_orders.

A total over many customers is promised, with the interval that its parametric bootstrap predicts; one customer's is a guess."""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipelines.estimates.bg_nbd import MINIMUM_CUSTOMERS, Fit, Vector, fit_bg_nbd, p_alive, purchases_ahead
from pipelines.estimates.contracts import VALUE, Cuts, Row, contract_fits, contract_months, totals
from pipelines.estimates.gamma_gamma import correlation, expected_value, fit_gamma_gamma

COLUMNS = (
    "model text, parameter text, cut text, cut_value text, value double, lo double, hi double, log_likelihood double, "
    "customers bigint, method text, reason text"
)
ORDER_COLUMNS = "frequency bigint, recency_days bigint, age_days bigint, p_alive double, expected double, lo double, hi double"
WEEKS = 39.0
DRAWS, SEED = 400, 20_120_402
LIKELIHOOD = "maximum likelihood, times in weeks"
HELD = "held at the end of its range: amounts hardly vary there"
PREDICTED = "expected total; interval of 400 parametric bootstrap futures, parameters drawn from the curvature of the likelihood"
LIFETIMES = "select first_month, is_event, months, age_months, is_paying, mrr from intermediate.int_account_lifetimes order by all"
CORRELATION = "frequency_value_correlation"
CONTRACT_COLUMNS = "age_months bigint, expected_months double"


def _customers(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """One entry per customer, in an order of the values alone."""
    return connection.execute(
        """
        select frequency, recency_days / 7 as recency, age_days / 7 as age, coalesce(repeat_value, 0) as value, cast(cohort_month as text) as cohort
        from intermediate.int_customer_orders order by all
        """
    ).fetchnumpy()


def _cuts(cohort: NDArray[Any], expected: Vector) -> Cuts:
    """All customers, cohorts of enough customers, and tenths by expected purchases, the best first, as ntile() makes them."""
    n = len(expected)
    cuts: Cuts = [("all", "all", np.ones(n, dtype=np.bool_))]
    cuts += [("cohort", str(month), cohort == month) for month in np.unique(cohort) if (cohort == month).sum() >= MINIMUM_CUSTOMERS]
    if n >= 10 * MINIMUM_CUSTOMERS:
        ranked, ends = np.argsort(-expected, kind="stable"), np.cumsum([n // 10 + (place < n % 10) for place in range(10)])
        for place, part in enumerate(np.split(ranked, ends[:-1]), 1):
            cuts.append(("decile", str(place), np.isin(np.arange(n), part)))
    return cuts


def futures(orders: Fit, values: Fit | None, x: Vector, recency: Vector, age: Vector, value: Vector) -> Iterator[tuple[Vector, Vector]]:
    """Purchases of each customer in the weeks ahead, and what they are worth (NaN without `values`), as they might come: one draw each."""
    random = np.random.default_rng(SEED)
    order_draws = orders.draws(DRAWS, random)
    value_draws = values.draws(DRAWS, random) if values else np.full((DRAWS, 3), np.nan)
    for (r, alpha, a, b), (p, q, v) in zip(order_draws, value_draws, strict=True):
        alive = random.random(len(x)) < p_alive(np.array([r, alpha, a, b]), x, recency, age)
        rate = random.gamma(r + x) / (alpha + age)
        until_last = random.geometric(np.clip(random.beta(a, b + x), 1e-12, 1.0))
        purchases = np.where(alive, np.minimum(random.poisson(rate * WEEKS), until_last), 0).astype(np.float64)
        if values:
            nu = random.gamma(q + p * x) / (v + x * np.where(x > 0, value, 0.0))
            yield purchases, random.gamma(np.maximum(p * purchases, 1e-300)) / nu * (purchases > 0)
        else:
            yield purchases, np.full(len(x), np.nan)


def _parameters(model: str, names: Sequence[str], fit: Fit) -> Iterator[Row]:
    for name in names:
        yield (
            model,
            name,
            "all",
            "all",
            fit.parameters.get(name),
            *fit.limits(name),
            fit.log_likelihood,
            fit.customers,
            HELD if name in fit.held else LIKELIHOOD,
            fit.reason,
        )


def order_fits(frequency: Vector, recency: Vector, age: Vector, value: Vector, cohort: NDArray[Any]) -> list[Row]:
    """Parameters of BG/NBD and gamma-gamma, and the totals that they predict; one entry per customer, times in weeks."""
    triples, counts = np.unique(np.column_stack([frequency, recency, age]), axis=0, return_counts=True)
    orders = fit_bg_nbd(triples[:, 0], triples[:, 1], triples[:, 2], counts.astype(np.float64))
    repeats = (frequency > 0) & (value > 0)
    values = fit_gamma_gamma(frequency[repeats], value[repeats])
    together = correlation(frequency[repeats], value[repeats])
    missing = "too few customers bought again, or all alike" if together is None else None
    rows: list[Row] = [
        *_parameters("bg_nbd", ("r", "alpha", "a", "b"), orders),
        *_parameters("gamma_gamma", ("p", "q", "v"), values),
        ("gamma_gamma", CORRELATION, "all", "all", together, None, None, None, int(repeats.sum()), "Pearson", missing),
    ]
    if not orders.parameters:
        return rows
    expected = purchases_ahead(np.array(list(orders.parameters.values())), WEEKS, frequency, recency, age)[0]
    cuts, known = _cuts(cohort, expected), values if values.parameters else None
    drawn, worth = np.zeros((DRAWS, len(cuts))), np.zeros((DRAWS, len(cuts)))
    for draw, (purchases, amounts) in enumerate(futures(orders, known, frequency, recency, age, value)):
        drawn[draw] = [purchases[chosen].sum() for _, _, chosen in cuts]
        worth[draw] = [amounts[chosen].sum() for _, _, chosen in cuts]
    rows += totals("bg_nbd", "expected_purchases_39w", cuts, expected, drawn, PREDICTED)
    if known:
        each = expected * expected_value(np.array(list(known.parameters.values())), frequency, value)
        rows += totals("gamma_gamma", VALUE, cuts, each, worth, PREDICTED)
    return rows


def customer_fits(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Rows of est_customer_fits: of orders, and of contracts; none of what nobody gave."""
    columns = _customers(connection)
    frequency, recency, age, value = (np.asarray(columns[name], dtype=np.float64) for name in ("frequency", "recency", "age", "value"))
    rows = order_fits(frequency, recency, age, value, columns["cohort"]) if len(frequency) else []
    return rows + contract_fits(connection.execute(LIFETIMES).fetchall())


def customer_orders(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Rows of est_customer_orders: what the fit in est_customer_fits says of each distinct (frequency, recency, age)."""
    fit = dict(
        connection.execute("select parameter, value from estimates.est_customer_fits where model = 'bg_nbd' and cut = 'all'").fetchall()
    )
    if fit.get("r") is None:
        return []
    distinct = connection.execute(
        "select distinct frequency, recency_days, age_days from intermediate.int_customer_orders order by all"
    ).fetchall()
    parameters, triples = np.array([fit[name] for name in ("r", "alpha", "a", "b")]), np.array(distinct, dtype=np.float64)
    weeks = triples[:, 0], triples[:, 1] / 7, triples[:, 2] / 7
    found = np.column_stack([p_alive(parameters, *weeks), *purchases_ahead(parameters, WEEKS, *weeks)])
    return [(*triple, *row) for triple, row in zip(distinct, found.tolist(), strict=True)]


def contracts(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Rows of est_contracts: paid months to expect of accounts of each age."""
    return contract_months(connection.execute(LIFETIMES).fetchall())

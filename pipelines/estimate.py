"""Sufficient statistics of the warehouse -> est_* tables: what SQL cannot do, between two dbt selections; marts read them by SQL.

A model tagged `estimated` reads an est_* table, so dbt builds it, and what depends on it, after `estimate`; all else comes before.
Each estimator is a function of one subject in pipelines/estimates/: it reads intermediate models and gives the rows of its table.
"""

from collections.abc import Callable, Mapping, Sequence

import duckdb

from pipelines.estimates import customer_value, experiments, retention_lift
from pipelines.estimates.experiments import plans
from pipelines.settings import Settings

SCHEMA = "estimates"
Estimator = Callable[[duckdb.DuckDBPyConnection], Sequence[tuple[object, ...]]]

ESTIMATES: Mapping[str, tuple[str, Estimator]] = {
    "est_customer_fits": (customer_value.COLUMNS, customer_value.customer_fits),
    "est_customer_orders": (customer_value.ORDER_COLUMNS, customer_value.customer_orders),  # reads the fits above
    "est_contracts": (customer_value.CONTRACT_COLUMNS, customer_value.contracts),
    "est_experiment_plans": (plans.COLUMNS, plans.experiment_plans),
    "est_experiments": (experiments.COLUMNS, experiments.experiments),
    "est_retention_lift": (retention_lift.COLUMNS, retention_lift.retention_lift),
}


def estimate(settings: Settings, estimates: Mapping[str, tuple[str, Estimator]] = ESTIMATES) -> dict[str, int]:
    """Replace these est_* tables in one transaction; gives their numbers of rows. An empty warehouse gives empty tables."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.begin()
        counts = {}
        for table, (columns, estimator) in estimates.items():
            rows = estimator(connection)
            connection.execute(f"create or replace table {SCHEMA}.{table} ({columns})")
            if rows:
                connection.executemany(f"insert into {SCHEMA}.{table} values ({', '.join('?' * len(rows[0]))})", rows)
            counts[table] = len(rows)
        connection.commit()
    return counts

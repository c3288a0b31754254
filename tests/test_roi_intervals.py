"""Sums over customers -> limits of bootstrap-t: many worlds in one query, against numpy on the same weights, and against planted truth."""

import duckdb
import numpy as np
import pytest

from tests.bootstrap_weights import limits, weights
from tests.dbt_warehouse import DbtWarehouse

WORLDS, CUSTOMERS = 400, 150
LIMITS = "select * from ({{ bootstrap_t('steps', 'customers') }}) order by series_id"


@pytest.fixture(scope="module")
def macro(tmp_path_factory: pytest.TempPathFactory) -> str:
    return DbtWarehouse(tmp_path_factory.mktemp("intervals")).compiled(LIMITS)


def _connection(money: np.ndarray) -> duckdb.DuckDBPyConnection:
    """`steps` and `customers` of worlds x customers, whole numbers, shuffled."""
    connection = duckdb.connect()
    world, customer = np.indices(money.shape)
    number = np.random.default_rng(1).permutation(money.size)
    rows = {"world": world.ravel()[number], "customer": customer.ravel()[number], "money": money.ravel()[number].astype(np.int64)}
    connection.register("rows", rows)
    connection.execute(
        """
        create table steps as
        select world as series_id, date '2026-01-01' as month, world * 100000 + customer as customer_no, 0 as margin_before, money as margin_after
        from rows where money <> 0;
        create table customers as select customer_no, series_id || '|' || customer_no % 100000 as customer_key from steps
        """
    )
    return connection


def test_many_worlds_in_one_query_equal_numpy_on_the_same_weights(macro: str) -> None:
    draw = np.random.default_rng(5)
    money = np.round(10000 * np.exp(draw.normal(4, 1.5, (6, CUSTOMERS))) * (draw.random((6, CUSTOMERS)) < 0.7))
    with _connection(money) as connection:
        found = connection.execute(macro).fetchall()
    for world, (series_id, _, t_lower, t_upper) in enumerate(found):
        # in steps of 1/32767 of the largest, as the query does
        z = np.round(money[world] / (money[world].max() / 32767))
        expected = limits(z, weights([f"{world}|{customer}" for customer in range(CUSTOMERS)]))
        assert (series_id, t_lower, t_upper) == (world, pytest.approx(expected[0], rel=1e-12), pytest.approx(expected[1], rel=1e-12))


def test_an_account_without_sales_changes_nothing(macro: str) -> None:
    draw = np.random.default_rng(6)
    money = np.round(1000 * draw.gamma(2, 20, (3, 50)))
    with _connection(money) as connection:
        alone = connection.execute(macro).fetchall()
        connection.execute("insert into steps select series_id, month, 90000 + series_id * 100000, 0, 0 from steps group by all")
        connection.execute("insert into customers select series_id * 100000 + 90000, series_id || '|idle' from steps group by all")
        assert connection.execute(macro).fetchall() == alone


@pytest.mark.parametrize("threads", [1, 4])
def test_the_order_of_rows_and_the_number_of_threads_change_nothing(macro: str, threads: int) -> None:
    money = np.round(1000 * np.random.default_rng(7).gamma(2, 20, (20, 40)))
    with _connection(money) as connection:
        once = connection.execute(macro).fetchall()
        connection.execute(f"set threads to {threads}; create or replace table steps as select * from steps order by hash(customer_no)")
        assert connection.execute(macro).fetchall() == once


def test_the_interval_covers_the_population_sum(macro: str) -> None:
    """Planted: a Poisson number of buyers with gamma deals; the sum expected is 150 x 0.5 x 40. Wanted 95 %, allowed 3 standard errors."""
    draw = np.random.default_rng(8)
    money = np.round(10000 * draw.gamma(2, 20, (WORLDS, CUSTOMERS)) * draw.poisson(0.5, (WORLDS, CUSTOMERS)).clip(0, 1))
    truth = 10000 * CUSTOMERS * 40 * (1 - np.exp(-0.5))
    with _connection(money) as connection:
        t = np.array([row[2:] for row in connection.execute(macro).fetchall()])
    total, error = money.sum(axis=1), np.sqrt((money**2).sum(axis=1))
    covered = np.mean((total - t[:, 1] * error <= truth) & (truth <= total - t[:, 0] * error))
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / WORLDS) <= covered <= 1

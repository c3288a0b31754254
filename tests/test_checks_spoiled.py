"""Every expectation of every suite: holds in a small right warehouse, and alone fails after its own spoil."""

import duckdb
import pytest
from checks_warehouse import make_warehouse

from data_quality.bridge import measure, verdicts
from data_quality.suites import read_suites

SUITES = [suite for layer in ("raw", "marts") for suite in read_suites(layer)]


@pytest.fixture(scope="module")
def warehouse():
    connection = make_warehouse()
    yield connection
    connection.close()


def failed(suite, connection):
    return [result.expectation for result in verdicts(suite, measure(suite, connection)) if not result.passed]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_each_expectation_fails_alone_when_its_data_are_spoiled(warehouse, suite):
    assert failed(suite, warehouse) == []
    faults = {}
    for expectation in suite.expectations:
        warehouse.execute("begin")
        try:
            warehouse.execute(suite.in_sql(expectation.spoil))
            found = failed(suite, warehouse)
        except duckdb.Error as fault:
            found = [str(fault)]
        finally:
            warehouse.execute("rollback")
        if found != [expectation.name]:
            faults[expectation.name] = found
    assert faults == {}


def test_a_warehouse_without_one_row_passes():
    with make_warehouse(rows=0) as connection:
        assert {suite.name: names for suite in SUITES if (names := failed(suite, connection))} == {}

"""Suites of data_quality -> results on the warehouse: raw tables before dbt, published marts before they are published."""

from collections.abc import Collection

import duckdb

from data_quality.bridge import CheckResult, judge
from data_quality.suites import Suite, read_suites
from pipelines.settings import Settings
from pipelines.warehouse import connect, transaction

Tables = Collection[tuple[str, str]]  # (source, raw table) or (schema, mart)


def _suites(layer: str, tables: Tables | None) -> list[Suite]:
    return [suite for suite in read_suites(layer) if tables is None or tuple(suite.name.split("__", 1)) in tables]


def _write_down(connection: duckdb.DuckDBPyConnection, results: list[CheckResult], is_complete: bool) -> None:
    """The failed expectations of the tables that were judged take the place of what was noted about them before."""
    judged = sorted({tuple(result.suite.split("__", 1)) for result in results})
    failed = [(*result.suite.split("__", 1), result.expectation, result.is_blocking) for result in results if not result.passed]
    with transaction(connection):
        if is_complete:
            connection.execute("delete from raw_goodwill.failed_checks")
        elif judged:
            connection.executemany("delete from raw_goodwill.failed_checks where source = ? and raw_table = ?", judged)
        if failed:
            connection.executemany("insert into raw_goodwill.failed_checks values (?, ?, ?, ?)", failed)


def check_raw(settings: Settings, tables: Tables | None = None) -> list[CheckResult]:
    """Judge the raw tables (all, or those of `tables`) and note what failed in raw_goodwill.failed_checks.

    The caller holds the lock of the warehouse. A raw table without one row passes; one that is absent does not.
    """
    with connect(settings) as connection:
        results = [result for suite in _suites("raw", tables) for result in judge(suite, connection)]
        _write_down(connection, results, is_complete=tables is None)
    return results


def check_marts(settings: Settings, tables: Tables | None = None) -> list[CheckResult]:
    """Judge the marts (all that have a suite, or those of `tables`); the caller holds the lock of the warehouse."""
    with connect(settings) as connection:
        return [result for suite in _suites("marts", tables) for result in judge(suite, connection)]

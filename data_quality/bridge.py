"""A suite and a DuckDB connection -> what held and what did not: one aggregate query, judged by Great Expectations as a frame of one row.

Great Expectations' own SQL data source fails on DuckDB, and its rules on raw rows would bring whole tables into memory.
Counts are judged by `expect_column_max_to_be_between` (a NULL fails), figures that need rows to exist by
`expect_column_values_to_be_between` (a NULL, nothing to judge, passes).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import duckdb

from data_quality.suites import Expectation, Suite


@dataclass(frozen=True)
class CheckResult:
    """Whether one expectation held; `observed` is what was measured, `message` reads as a sentence."""

    suite: str
    table: str
    expectation: str
    passed: bool
    is_blocking: bool
    observed: float | None
    message: str


@cache
def _frames() -> Any:
    """The one context of a process. Imported here because the import takes seconds that most commands need not spend."""
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("measured").add_dataframe_asset("row").add_batch_definition_whole_dataframe("row")


def measure(suite: Suite, connection: duckdb.DuckDBPyConnection) -> dict[str, float | None]:
    """The figures that the suite judges, by expectation. duckdb.Error where the table or one of its columns is absent."""
    cursor = connection.execute(suite.query)
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone() or ()
    return {name: None if value is None else float(value) for name, value in zip(names, row, strict=True)}


def _wanted(expectation: Expectation) -> str:
    lowest, highest = expectation.bounds
    if lowest is None:
        return f"at most {highest:g}"
    return f"at least {lowest:g}" if highest is None else f"{lowest:g} to {highest:g}"


def verdicts(suite: Suite, measured: dict[str, float | None]) -> list[CheckResult]:
    """What Great Expectations says about the measured row, in the order of the suite."""
    import pandas
    from great_expectations import ExpectationSuite

    frame = pandas.DataFrame({name: pandas.Series([value], dtype="float64") for name, value in measured.items()})
    outcome = _frames().get_batch({"dataframe": frame}).validate(ExpectationSuite(**suite.config))
    held = {result.expectation_config.kwargs["column"]: bool(result.success) for result in outcome.results}
    results = []
    for expectation in suite.expectations:
        observed = measured[expectation.name]
        seen = "nothing to judge" if observed is None else f"{observed:.10g}"
        message = f"{expectation.name} of {suite.table} is {seen} ({_wanted(expectation)} expected). {expectation.notes}"
        passed = held[expectation.name]
        results.append(CheckResult(suite.name, suite.table, expectation.name, passed, expectation.is_blocking, observed, message))
    return results


def judge(suite: Suite, connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """One result for each expectation. A table that cannot be measured fails every one of them, with the reason."""
    try:
        measured = measure(suite, connection)
    except duckdb.Error as fault:
        reason = f"{suite.table} cannot be measured: {str(fault).splitlines()[0]}"
        return [
            CheckResult(suite.name, suite.table, expectation.name, False, expectation.is_blocking, None, reason)
            for expectation in suite.expectations
        ]
    return [
        result if result.passed or not expectation.which else _named(result, suite.in_sql(expectation.which), connection)
        for result, expectation in zip(verdicts(suite, measured), suite.expectations, strict=True)
    ]


def _named(result: CheckResult, which: str, connection: duckdb.DuckDBPyConnection) -> CheckResult:
    row = connection.execute(f"select {which}").fetchone()
    return replace(result, message=f"{result.message} It concerns: {row[0] if row else None}.")

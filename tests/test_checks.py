"""Checks: one suite for each table, one query for each suite, and what becomes of the results."""

import json
import subprocess
import sys
from datetime import datetime

import duckdb
import pytest
from checks_warehouse import make_warehouse

from data_quality import suites as suites_module
from data_quality.bridge import judge, measure
from data_quality.suites import read_suite, read_suites
from pipelines.check import check_marts, check_raw
from pipelines.publish import read_marts
from pipelines.settings import PROJECT, Settings
from pipelines.sources import discover


@pytest.fixture
def settings(tmp_path):
    made = Settings(warehouse_path=tmp_path / "warehouse.duckdb", published_path=tmp_path / "goodwill.duckdb", inbox_path=tmp_path)
    with make_warehouse() as connection:
        connection.execute(f"attach '{made.warehouse_path}' as file; copy from database memory to file; detach file")
    return made


def change(settings, sql):
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        return connection.execute(sql).fetchall()


def noted(settings):
    return change(settings, "from raw_goodwill.failed_checks order by all")


def test_each_raw_table_and_each_published_mart_has_exactly_one_suite():
    raw = {suite.name: suite.table for suite in read_suites("raw")}
    assert raw == {
        f"{source.name}__{table.name}": f"raw_{source.name}.{table.name}" for source in discover().values() for table in source.tables
    }
    marts = {f"{mart.schema}__{mart.name}": mart for mart in read_marts()}
    judged = {suite.name: suite.table for suite in read_suites("marts")}
    assert judged == {name: marts[name].table for name in judged}
    assert {name for name, mart in marts.items() if mart.tier == "published"} <= set(judged)


def test_a_suite_of_a_published_mart_judges_the_rows_that_are_published():
    where = {f"{mart.schema}__{mart.name}": mart.where for mart in read_marts()}
    assert {suite.name: suite.where for suite in read_suites("marts")} == {suite.name: where[suite.name] for suite in read_suites("marts")}


def test_every_expectation_says_why_and_bounds_something():
    for layer in ("raw", "marts"):
        for suite in read_suites(layer):
            assert suite.config["notes"] and suite.expectations, suite.name
            for expectation in suite.expectations:
                assert len(expectation.notes) > 20, (suite.name, expectation.name)
                assert expectation.bounds != (None, None), (suite.name, expectation.name)
            entries = suite.config["expectations"]
            assert {entry["severity"] for entry in entries} <= {"critical", "warning"}
            assert {entry["type"] for entry in entries} <= {"expect_column_max_to_be_between", "expect_column_values_to_be_between"}


def test_no_aggregate_asks_the_wall_clock():
    for path in suites_module.FOLDER.glob("*/*.json"):
        assert not {"now()", "current_timestamp", "current_date", "today()"} & set(path.read_text(encoding="utf-8").split()), path.name
        assert "now()" not in path.read_text(encoding="utf-8")


def test_a_suite_is_one_query_of_one_row():
    suite = next(suite for suite in read_suites("raw") if suite.name == "files__post_metrics")
    with make_warehouse() as connection:
        assert list(measure(suite, connection)) == [expectation.name for expectation in suite.expectations]


def test_a_right_warehouse_passes_and_nothing_is_noted(settings):
    results = check_raw(settings) + check_marts(settings)
    assert [result for result in results if not result.passed] == []
    assert len(results) == sum(len(suite.expectations) for layer in ("raw", "marts") for suite in read_suites(layer))
    assert noted(settings) == []


def test_what_failed_is_noted_once_without_a_time_and_forgotten_when_it_holds_again(settings):
    change(settings, "update raw_files.costs set amount = -1 where _line = 1")
    change(settings, "update raw_files.touches set kind = 'glance'")
    first = check_raw(settings)
    expected = [("files", "costs", "negative_amounts", True), ("files", "touches", "other_kind_share", False)]
    assert noted(settings) == expected
    assert [(result.table, result.observed, result.is_blocking) for result in first if not result.passed] == [
        ("raw_files.costs", 1, True),
        ("raw_files.touches", 1, False),
    ]
    check_raw(settings)
    assert noted(settings) == expected
    change(settings, "update raw_files.costs set amount = 1 where _line = 1")
    check_raw(settings, {("files", "costs")})
    assert noted(settings) == expected[1:]
    check_raw(settings, {("files", "posts")})
    assert noted(settings) == expected[1:]


def test_only_the_tables_that_are_asked_for_are_judged(settings):
    assert {result.table for result in check_raw(settings, [("files", "posts"), ("files", "costs")])} == {
        "raw_files.posts",
        "raw_files.costs",
    }
    assert {result.table for result in check_marts(settings, [("core", "posts")])} == {"core.posts"}


def test_the_message_says_what_was_seen_what_was_expected_and_why(settings):
    change(settings, "update core.revenue set currency = 'ISK', amount_reporting = null where rowid < 2")
    (result,) = [result for result in check_marts(settings, [("core", "revenue")]) if not result.passed]
    assert (result.suite, result.expectation, result.observed, result.is_blocking) == ("core__revenue", "amounts_without_rate", 2, True)
    assert result.message.startswith("amounts_without_rate of core.revenue is 2 (at most 0 expected). Money that has no exchange rate")
    assert result.message.endswith("It concerns: ISK.")


def test_freshness_goes_by_the_clock_of_the_build(settings):
    change(settings, "update raw_goodwill.clock set as_of = timestamp '2027-06-30'")
    failed = {result.expectation for result in check_marts(settings, [("core", "posts"), ("core", "revenue")]) if not result.passed}
    assert failed == {"days_since_latest"}
    assert datetime(2027, 6, 30) == change(settings, "select as_of from raw_goodwill.clock")[0][0]


def test_a_table_that_is_not_there_fails_with_the_reason(settings):
    change(settings, "drop table core.posts")
    results = check_marts(settings, [("core", "posts")])
    assert results and not any(result.passed for result in results)
    assert "core.posts cannot be measured" in results[0].message and any(result.is_blocking for result in results)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"name": "files__post"}, "one name"), ({"expectations": "twice"}, "twice")],
)
def test_a_suite_that_is_not_called_like_its_file_or_measures_twice_is_refused(tmp_path, change, word):
    config = json.loads((suites_module.FOLDER / "raw" / "files__posts.json").read_text(encoding="utf-8"))
    config |= {"expectations": config["expectations"] * 2} if "expectations" in change else change
    path = tmp_path / "files__posts.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ValueError, match=word):
        read_suite(path)


def test_a_value_that_is_not_there_fails_a_count_and_passes_a_figure(tmp_path):
    def entry(kind, name):
        kwargs = {"column": name, "max_value": 0}
        return {"type": kind, "kwargs": kwargs, "severity": "critical", "notes": "why", "meta": {"aggregate": "null", "spoil": "select 1"}}

    config = {"name": "it", "meta": {"table": "range(1)"}, "notes": "", "expectations": []}
    config["expectations"] = [entry("expect_column_max_to_be_between", "count"), entry("expect_column_values_to_be_between", "figure")]
    path = tmp_path / "it.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    assert [result.passed for result in judge(read_suite(path), duckdb.connect())] == [False, True]


@pytest.mark.parametrize(
    ("spoil", "code", "words"), [(None, 0, "0 failed, 0 of them blocking"), ("core.posts", 1, "rates_below_zero of core.posts is 3")]
)
def test_the_command_prints_a_table_and_its_exit_code_says_whether_to_stop(settings, spoil, code, words):
    if spoil:
        change(settings, f"update {spoil} set engagement_rate_by_reach = -1")
    command = [sys.executable, "-m", "data_quality", "--warehouse", str(settings.warehouse_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert words in done.stdout and "raw_files.posts" in done.stdout

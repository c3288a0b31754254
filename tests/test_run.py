"""The main job on a tiny demo company, whole: what a second run changes, what one bad source or one bad number stops."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from demo_company import Company, company, content, differing, nobody, world

from pipelines import assets, matrix
from pipelines.run import run
from pipelines.settings import SettingsError, read_settings
from pipelines.sources import discover
from pipelines.warehouse import connect
from pipelines.work import Step


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company's first day, loaded with every source, the servers failing now and then as real ones do."""
    with company(tmp_path_factory.mktemp("demo") / "data", day=0, has_faults=True) as tiny:
        tiny.run()
        yield tiny


def test_every_source_reaches_the_published_file(built: Company) -> None:
    with duckdb.connect(str(built.published), read_only=True) as connection:
        platforms = {row[0] for row in connection.execute("select distinct platform from core.posts").fetchall()}
        sources = dict(connection.execute("select source, rows from board.data_trust").fetchall())
        unmarked = [
            table
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            if connection.execute(f"select count(*) from {schema}.{table} where is_demo is distinct from true").fetchone() != (0,)
        ]
    assert {"bluesky", "mastodon"} <= platforms
    assert all(sources[name] > 0 for name in discover())
    assert not unmarked, "rows of the demo company are marked in every mart"


def test_advertising_costs_once_what_the_platforms_say_and_stands_beside_what_they_claim(built: Company) -> None:
    """Meta, LinkedIn and Google by their APIs; closed months are booked, which outranks what is reported. Nobody came by a search ad."""
    ads = world(0).advertising
    spent = {name: Decimal(f"{amount:.2f}") for name, amount in ads.groupby("platform")["spend"].sum().items()}
    with duckdb.connect(str(built.published), read_only=True) as connection:
        reported = connection.execute("select platform, sum(spend) from core.ad_days group by platform").fetchall()
        booked = connection.execute("select platform, sum(amount) from core.costs where kind = 'ad_spend' group by platform").fetchall()
        totals = connection.execute("select source, api_total, loaded_total from board.data_trust where source like '%_ads'").fetchall()
        (search,) = connection.execute(
            "select conversions, full_cost, attributed_roi, claimed_conversions, claimed_ratio, evidence_grade from roi.channel_months "
            "where channel = 'paid_search' and month = '2026-06-01' and model = 'last' and basis = 'cash_cumulative' and lookback_rule = 'own'"
        ).fetchall()
    assert dict(reported) == dict(booked) == spent and len(spent) == 3
    assert len(totals) == 3 and all(api_total == loaded for _, api_total, loaded in totals)
    claimed = ads.loc[ads["platform"] == "google_ads", "claimed_conversions"].sum()
    assert search == (0, search[1], -1.0, claimed, None, "D") and search[1] > 1000


def test_a_run_leaves_the_warehouse_closed(built: Company) -> None:
    """The process that ran goes on here; whoever waits for the file must get it all the same."""
    look = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('select count(*) from raw_goodwill.clock')"
    subprocess.run([sys.executable, "-c", look, str(built.settings.warehouse_path)], check=True)


def test_a_source_that_cannot_be_reached_is_asked_again_and_stops_nobody(
    built: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "RETRY_AFTER_SECONDS", (0, 0))
    variables = dict(built.variables) | {"SOURCES__MASTODON__BASE_URL": "http://127.0.0.1:9", "SOURCES__STRIPE__ACCESS_TOKEN": ""}
    before = shutil.copy(built.published, tmp_path / "before.duckdb")
    steps: list[str] = []

    def listen(step: Step) -> None:
        if step.state == "started":
            steps.append(step.name)

    asked = ["bluesky", "mastodon", "stripe"]
    report = run(read_settings(folder=built.folder, environ=variables), sources=asked, on_step=listen)
    assert report.is_published, report.failure
    states = {result.source: result.state for result in report.loads}
    assert states == {"bluesky": "loaded", "mastodon": "failed", "stripe": "not_configured"}
    assert steps.count("load mastodon") == 3
    assert steps.count("load stripe") == 1, "what is not configured is no network error"
    # what was loaded of them before is kept; only what is said about the sources differs
    assert {line.split(":")[0] for line in differing(Path(before), built.published)} <= {"core.coverage", "board.data_trust"}


def test_a_source_that_is_not_there_is_named(built: Company) -> None:
    with pytest.raises(SettingsError, match="did you mean 'hubspot'"):
        run(built.settings, sources=["hubspott"])


def test_a_number_that_cannot_be_told_stops_the_publication(built: Company, tmp_path: Path) -> None:
    """Money in a currency without a rate: dbt names it, and what was published before stands as it was."""
    before = content(built.published)
    odd = built.folder / "inbox" / "revenue" / "odd.csv"
    odd.parent.mkdir(exist_ok=True)
    odd.write_text("revenue_id,occurred_at,amount,currency,account_id\nodd-1,2026-06-20 10:00:00,100,XTS,odd\n", encoding="utf-8")
    try:
        report = run(built.settings, sources=["files"])
    finally:
        odd.unlink()
    assert [result.source for result in report.loads] == ["files"], "only what is named is asked"
    assert not report.is_published
    assert report.failure is not None and "XTS" in report.failure
    assert report.log_path.stat().st_size > 0
    assert content(built.published) == before


def test_a_raw_table_that_is_not_plausible_stops_dbt(built: Company) -> None:
    before = content(built.published)
    with connect(built.settings) as connection:  # what no loader lets in
        connection.execute(
            "insert into raw_files.revenue by name select 'odd.csv' as _file, 2 as _line, false as _deleted, 'odd' as revenue_id, "
            "timestamp '2026-06-20' as occurred_at, -5 as amount, 'USD' as currency, 'order' as kind"
        )
    try:
        report = run(built.settings)
    finally:
        with connect(built.settings) as connection:
            connection.execute("delete from raw_files.revenue where _file = 'odd.csv'")
    assert not report.is_published
    assert [step.name for step in report.steps][-1] == "check what came in"
    assert report.failure is not None and "raw_files.revenue" in report.failure
    assert content(built.published) == before


def test_a_refused_file_stops_nothing_and_a_second_run_of_the_day_changes_not_one_row(built: Company) -> None:
    before = content(built.published)
    odd = built.folder / "inbox" / "revenue" / "odd.csv"
    odd.parent.mkdir(exist_ok=True)
    odd.write_text(
        "revenue_id,occurred_at,amount,currency\nodd-1,2026-06-20 10:00:00,100,USD\nodd-2,2099-06-20 10:00:00,100,USD\n", encoding="utf-8"
    )
    try:
        report = run(built.settings)
    finally:
        odd.unlink()
    assert report.is_published
    (warning,) = [warning for result in report.loads for warning in result.warnings if "odd.csv" in warning]
    assert "line 3, column occurred_at" in warning and "lies in the future" in warning
    assert {table for table, rows in content(built.published).items() if rows != before[table]} == {"board.data_trust"}
    report = built.run()
    assert content(built.published) == before, "a withdrawn file leaves no trace"
    unread = sum(result.rows.get("accounts", 0) for result in report.loads if result.source == "files")
    assert unread == 0, "an unchanged file is not read again"


def test_nothing_configured_and_an_empty_inbox_is_no_fault(tmp_path: Path) -> None:
    report = nobody(tmp_path / "data").run()
    assert {result.state for result in report.loads} == {"not_configured", "empty"}
    with duckdb.connect(str(tmp_path / "data" / "goodwill.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from core.posts").fetchone() == (0,)
        said = connection.execute("select count(*) from core.coverage where state = 'not_given' and reason is null").fetchone()
    assert said == (0,), "every gap has its reason"


def test_the_page_of_sources_is_what_the_coverage_says(built: Company) -> None:
    """`python -m pipelines.matrix` would write the very same."""
    assert matrix.page(matrix.read_given(built.published)) == matrix.PAGE.read_text(encoding="utf-8")

"""The page at the end of a run: how intervals are drawn, and that text out of the data stays text."""

import io
from pathlib import Path

import duckdb
import pytest
import yaml
from rich.console import Console

from pipelines import summary
from pipelines.progress import printable, shown
from pipelines.publish import read_marts
from pipelines.run import RunReport
from pipelines.settings import PROJECT, Settings
from pipelines.work import Step, Work


@pytest.fixture
def published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """An empty published file with every mart by its contract; what is inserted is shown."""
    settings.published_path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.published_path))
    for mart in read_marts():
        path = PROJECT / "dbt_project" / "models" / "marts" / mart.schema / f"{mart.schema}_{mart.name}.yml"
        model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        connection.execute(f"create schema if not exists {mart.schema}")
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        connection.execute(f"create table {mart.table} ({columns})")
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, **values: object) -> None:
    connection.execute(f"insert into {table} ({', '.join(values)}) values ({', '.join('?' * len(values))})", list(values.values()))


def page(settings: Settings, connection: duckdb.DuckDBPyConnection, report: RunReport | None = None, encoding: str = "utf-8") -> str:
    connection.close()
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    summary.print_page(settings, report, Console(file=stream, width=132, highlight=False, markup=False))
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_an_interval_lies_where_its_numbers_are() -> None:
    drawn = summary.interval(0.5, 0.25, 0.75, (0.0, 1.0), is_ascii=True)
    assert len(drawn) == summary.BAR
    assert (drawn.index(":"), drawn.index("|"), drawn.index("o"), drawn.rindex("|")) == (0, 7, 14, 21)
    assert set(drawn[8:14]) == {"-"}
    assert set(drawn[22:]) == {" "}


def test_a_value_without_an_interval_is_a_point_and_none_is_nothing() -> None:
    assert summary.interval(1.0, None, None, (0.0, 1.0), is_ascii=True).strip() == ":" + " " * (summary.BAR - 2) + "o"
    assert summary.interval(None, None, None, (0.0, 1.0), is_ascii=True).strip() == ":"
    assert len(summary.interval(3.0, 3.0, 3.0, (3.0, 3.0), is_ascii=False)) == summary.BAR


def test_what_moves_the_cursor_or_turns_the_writing_is_dropped() -> None:
    assert printable("a\x1b[2Jb\u202ec\x07\nd\u200be") == "a[2Jbc de"


def test_an_empty_warehouse_says_why_there_is_nothing(settings: Settings, published: duckdb.DuckDBPyConnection) -> None:
    insert(published, "board.data_trust", date="2026-06-30", source="bluesky", rows=0)
    insert(published, "board.data_trust", date="2026-06-30", source="files", rows=0)
    text = page(settings, published)
    assert "nothing to show yet, because no source gave a row" in text
    bluesky, files = (next(line for line in text.splitlines() if line.startswith(f"  {source} ")) for source in ("bluesky", "files"))
    assert bluesky.split() == ["bluesky", "0", "0", "0"], "who was never asked did not answer"
    assert files.split() == ["files", "0", "0", "0", "files"]


def test_data_without_a_date_are_not_of_1970(settings: Settings, published: duckdb.DuckDBPyConnection) -> None:
    insert(published, "board.data_trust", date="1970-01-01", source="files", rows=7)
    assert "1970" not in page(settings, published)


@pytest.mark.parametrize(("audience", "said"), [("unknown", "nothing tells which audience writes"), ("clients", "no quarter has enough")])
def test_people_of_no_known_audience_are_not_too_few(
    settings: Settings, published: duckdb.DuckDBPyConnection, audience: str, said: str
) -> None:
    insert(published, "board.data_trust", date="2026-06-30", source="files", rows=500)
    insert(published, "relationships.indicators", audience=audience, indicator="response_rate_24h", value=0.5, n=200)
    assert said in page(settings, published)


def test_money_and_people_stand_side_by_side(settings: Settings, published: duckdb.DuckDBPyConnection) -> None:
    insert(published, "board.data_trust", date="2026-06-30", source="stripe[bold]", rows=7)
    money = {
        "month": "2026-05-01",
        "is_mature": True,
        "currency": "USD",
        "evidence_grade": "D",
        "headline": "no causal estimate; credit, not effect",
    }
    insert(
        published, "roi.channel_summary", channel="email", attributed_roi=1.5, lo=0.5, hi=2.5, n=80, revenue=1234, full_cost=500, **money
    )
    insert(published, "roi.channel_summary", channel="influencer", full_cost=10, suppressed_reason="cost missing: creator", **money)
    people = {"quarter": "2026-04-01", "side": "people", "measure": "response_rate_24h"}
    insert(
        published, "board.scorecard", audience="clients", state="measured", value=0.8, lo=0.7, hi=0.9, n=120, is_megaphone=True, **people
    )
    insert(
        published,
        "board.scorecard",
        audience="suppliers",
        state="not_measured",
        suppressed_reason="no data of this audience measures it",
        **people,
    )
    text = page(settings, published)
    assert "1.5 [0.5, 2.5]" in text
    assert "cost missing: creator" in text
    assert "no causal estimate; what would give one" in text
    assert text.index("MEGAPHONE, 2026 Q2: credited return rose while response_rate_24h with clients fell") < text.index("Money")
    assert "0.8 [0.7, 0.9]" in text
    assert "no data of this audience measures it" in text
    assert "stripe[bold]" in text, "what looks like markup is text"
    assert "none is written down" in text


def test_a_terminal_without_unicode_gets_ascii(settings: Settings, published: duckdb.DuckDBPyConnection) -> None:
    insert(published, "board.data_trust", date="2026-06-30", source="büro", rows=1)
    insert(
        published,
        "board.objectives",
        title="Grüße 😀",
        state="met",
        value=1.0,
        lo=0.5,
        hi=1.5,
        target=0.5,
        direction="up",
        due_on="2026-12-31",
    )
    text = page(settings, published, encoding="ascii")
    assert "b?ro" in text


def test_a_run_that_did_not_publish_says_what_where_and_what_next(settings: Settings, published: duckdb.DuckDBPyConnection) -> None:
    report = RunReport(seconds=1, log_path=Path("logs/run.log"), failure="dbt: int_posts: no such column")
    text = page(settings, published, report)
    assert "Nothing was published" in text
    assert "int_posts: no such column" in text
    assert "logs/run.log" in text
    assert "goodwill doctor" in text


def test_progress_is_plain_lines_where_there_is_no_terminal(settings: Settings) -> None:
    stream = io.StringIO()
    with shown(Console(file=stream, width=132)) as on_step:
        work = Work(settings, on_step=on_step)
        with work.step("load files") as step:
            work.progress(step, "half of it")
            step.detail = "3 [bold]rows\x1b[2J"
        with pytest.raises(ValueError), work.step("publish"):
            raise ValueError
    lines = stream.getvalue().splitlines()
    assert lines[0] == "… load files"
    assert lines[1].startswith("✓ load files") and lines[1].endswith("3 [bold]rows[2J")
    assert lines[3].startswith("✗ publish")
    assert len(lines) == 4
    assert [step.state for step in work.steps] == ["finished", "failed"]
    assert isinstance(work.steps[0], Step)

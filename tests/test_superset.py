"""Superset's dashboards: what they ask for is in the contracts, ratios are ratios of sums, and a browser sees both drawn from a published file."""

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from chromium import PROGRAM, Browser, browser
from page_company import company, company_file, contracts

from pipelines.publish import read_marts
from pipelines.settings import PROJECT

HOUSE = PROJECT / "dashboards" / "superset"
PYTHON = PROJECT / ".venv-superset" / "bin" / "python"


def assets(kind: str) -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((HOUSE / "assets" / kind).glob("*.yaml"))}


DATASETS, CHARTS, DASHBOARDS = assets("datasets"), assets("charts"), assets("dashboards")
BY_UUID = {dataset["uuid"]: dataset for dataset in DATASETS.values()}


def source(dataset: dict[str, Any]) -> str:
    """SQL of a data set, as Superset asks it."""
    return f"({dataset['sql']})" if dataset["sql"] else f"{dataset['schema']}.{dataset['table_name']}"


def metrics(chart: dict[str, Any]) -> dict[str, str]:
    """SQL by name: of the chart itself, or of the data set by name."""
    known = {metric["metric_name"]: metric["expression"] for metric in BY_UUID[chart["dataset_uuid"]]["metrics"]}
    asked = chart["params"].get("metrics", ())
    return {one: known[one] for one in asked if isinstance(one, str)} | {
        one["label"]: one["sqlExpression"] for one in asked if not isinstance(one, str)
    }


def filters() -> Iterator[dict[str, Any]]:
    for dashboard in DASHBOARDS.values():
        yield from dashboard["metadata"]["native_filter_configuration"]


def picked(chart: dict[str, Any]) -> set[str]:
    """Columns of which the chart shows one value at a time: by its own filter, or by one of the dashboard that takes a single one."""
    own = {one["subject"] for one in chart["params"]["adhoc_filters"] if one["operator"] == "=="}
    for dashboard in DASHBOARDS.values():
        numbers = {each["meta"]["uuid"]: each["meta"]["chartId"] for key, each in dashboard["position"].items() if key.startswith("CHART-")}
        for one in dashboard["metadata"]["native_filter_configuration"]:
            assert one["requiredFirst"] and not one["controlValues"]["multiSelect"]
            if chart["uuid"] in numbers and numbers[chart["uuid"]] not in one["scope"]["excluded"]:
                own |= {target["column"]["name"] for target in one["targets"]}
    return own


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_has_the_columns_and_types_of_its_mart(name: str) -> None:
    dataset = DATASETS[name]
    assert dataset["extra"]["mart"] in contracts(), "it is no published mart"
    with company() as made:
        there = {row[0]: row[1] for row in made.execute(f"describe select * from {source(dataset)}").fetchall()}
        for column in dataset["columns"]:
            if expression := column.get("expression"):
                there[column["column_name"]] = made.execute(f"describe select {expression} from {source(dataset)}").fetchall()[0][1]
    said = {column["column_name"]: column["type"] for column in dataset["columns"]}
    wrong = {column: (type_, there.get(column)) for column, type_ in said.items() if there.get(column) != type_}
    assert not wrong, f"dashboards/superset/assets/datasets/{name}.yaml and the contract differ (said, there): {wrong}"
    assert "{{" not in (dataset["sql"] or ""), "no SQL is made of data"


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_asks_for_what_its_data_set_has(name: str) -> None:
    chart = CHARTS[name]
    dataset, params = BY_UUID[chart["dataset_uuid"]], chart["params"]
    known = {column["column_name"]: column.get("expression") or column["column_name"] for column in dataset["columns"]}
    asked = [*params.get("all_columns", ()), *params.get("groupby", ()), *([params["x_axis"]] if "x_axis" in params else ())]
    assert {*asked, *(one["subject"] for one in params["adhoc_filters"])} <= set(known)
    with company() as made:
        made.execute(
            f"select {', '.join([known[one] for one in asked] + list(metrics(chart).values()))} from {source(dataset)} group by all"
        )


@pytest.mark.parametrize("name", CHARTS)
def test_a_ratio_is_a_ratio_of_sums_and_an_interval_stands_beside_its_figure(name: str) -> None:
    chart = CHARTS[name]
    dataset = BY_UUID[chart["dataset_uuid"]]
    types = {column["column_name"]: column["type"] for column in dataset["columns"]}
    mart = next(mart for mart in read_marts() if mart.table == dataset["extra"]["mart"])
    for label, sql in metrics(chart).items():
        assert "avg(" not in sql, f"{label}: a mean of ratios; divide a sum by a sum"
        for summed in re.findall(r"sum\(([^)]*)\)", sql):
            doubles = [column for column in re.findall(r"\w+", summed) if types.get(column) == "DOUBLE"]
            assert not doubles, f"{label}: {', '.join(doubles)} is no sum and cannot be added up; divide a sum by a sum"
        if "max(" in sql:
            free = set(mart.grain) - picked(chart) - {chart["params"]["x_axis"], *chart["params"]["groupby"]}
            assert not free, f"{label}: the greatest of several rows of {mart.table}; say which {', '.join(sorted(free))} is meant"
    shown = {*chart["params"].get("all_columns", ()), *re.findall(r"\w+", " ".join(metrics(chart).values()))}
    if shown & {"attributed_roi", "credit_text"}:
        assert "credit, not effect" in chart["slice_name"]
    assert not shown & {"attributed_roi", "value"} or {"lo", "hi"} <= shown, "a figure without its interval"
    assert not {"iroi", "effect_text"} & shown or shown & {"iroi_lo", "effect_interval"}, "a figure without its interval"
    assert chart["viz_type"] in ("table", "echarts_timeseries_line"), (
        "credit is never a bare bar: see docs/superset.md before another kind is added"
    )


def test_every_chart_hangs_in_a_dashboard_and_nothing_else_does() -> None:
    hung = {each["meta"]["uuid"] for board in DASHBOARDS.values() for key, each in board["position"].items() if key.startswith("CHART-")}
    assert hung == {chart["uuid"] for chart in CHARTS.values()} and set(DASHBOARDS) == {"money", "people"}
    for one in filters():
        for target in one["targets"]:
            assert target["column"]["name"] in {column["column_name"] for column in BY_UUID[target["datasetUuid"]]["columns"]}


# With Superset itself.


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company_file(tmp_path_factory.mktemp("published") / "goodwill.duckdb")


@pytest.fixture(scope="module")
def place(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a Superset of these tests' own."""
    if not PYTHON.exists():
        pytest.skip("Superset's environment is not installed: `make superset` makes it")
    if PROGRAM is None:
        pytest.skip("no Chromium on the PATH")
    home = tmp_path_factory.mktemp("superset")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PYTHON, HOUSE / "start.py", "--home", home, "--published", published, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as started:
        assert started.stdout is not None
        said = []
        for line in started.stdout:
            said.append(line)
            if "Running on http://127.0.0.1" in line:
                break
        else:
            pytest.fail("".join(said))
        yield f"http://127.0.0.1:{port}", home
        started.kill()


@pytest.fixture(scope="module")
def driven(place: tuple[str, Path]) -> Iterator[Browser]:
    """A browser that has logged in by the form."""
    address, home = place
    with browser() as started:
        started.show(f"{address}/login/", 1400)
        assert started.until("document.querySelector('input[type=password]')")
        for field, text in (("input#username", "admin"), ("input[type=password]", (home / "admin_password").read_text(encoding="utf-8"))):
            started.evaluate(f"document.querySelector('{field}').focus()")
            started.ask("Input.insertText", text=text)
        started.events.clear()
        started.press("Enter", 13)
        started.loaded()
        assert "login" not in started.evaluate("location.pathname")
        yield started


def seen(driven: Browser, address: str, dashboard: str, charts: int, word: str) -> str:
    """Text of the dashboard once every chart stands there."""
    driven.show(f"{address}/superset/dashboard/{dashboard}/", 1400, height=2600)
    drawn = f"document.querySelectorAll('.slice_container').length === {charts} && !document.querySelector('[data-test=loading-indicator]')"
    said = "document.querySelector('.grid-container').innerText"
    assert driven.until(f"{drawn} && {said}.includes('{word}')"), driven.evaluate("document.body.innerText")
    assert driven.evaluate("document.querySelectorAll('.grid-container [role=alert], .missing-chart-container').length") == 0
    return str(driven.evaluate(said))


def test_both_dashboards_are_drawn_from_the_published_file(driven: Browser, place: tuple[str, Path]) -> None:
    money = seen(driven, place[0], "money", 7, "+350 %")
    assert "ROI by channel: credit, not effect" in money and "+170 to +490 %" in money and "no causal estimate" in money
    assert "no ROI: cost missing: 2026-05: creator missing" in money and "megaphone: money up, people down" in money
    assert driven.evaluate("document.querySelectorAll('.track .span.credit').length") == 2
    people = seen(driven, place[0], "people", 9, "response_rate_24h")
    assert "Two-way ratio over time: public" in people and "Scorecard of the quarter: money" in people
    line = """[...document.querySelectorAll('canvas')].map(one => { const pixels = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
        let coloured = 0; for (let i = 0; i < pixels.length; i += 4) coloured += pixels[i + 3] > 0 && Math.abs(pixels[i] - pixels[i + 2]) > 60;
        return coloured }).some(coloured => coloured > 100)"""
    assert driven.until(line), "the ratio is drawn as a line"


def test_a_new_publication_is_seen_and_nothing_else_of_the_machine(driven: Browser, place: tuple[str, Path], published: Path) -> None:
    following = company_file(published.with_name("goodwill.duckdb.next"))
    with duckdb.connect(str(following)) as made:
        made.execute("update roi.channel_summary set attributed_roi = 4.44 where channel = 'email'")
    following.replace(published)
    seen(driven, place[0], "money", 7, "+444 %")
    ask = """(async sql => { const token = (await (await fetch('/api/v1/security/csrf_token/')).json()).result;
        const bases = (await (await fetch('/api/v1/database/')).json()).result;
        const headers = {'X-CSRFToken': token, 'Content-Type': 'application/json'};
        const body = JSON.stringify({database_id: bases[0].id, sql: sql, runAsync: false, schema: 'board'});
        return (await fetch('/api/v1/sqllab/execute/', {method: 'POST', headers: headers, body: body})).status })"""
    assert driven.evaluate(f"{ask}('select count(*) from board.scorecard')") == 200
    for refused in ("delete from board.scorecard", "select * from read_text(''/etc/hostname'')", "attach ''other.duckdb''"):
        assert driven.evaluate(f"{ask}('{refused}')".replace("''", "\\'")) >= 400, refused


def test_its_secrets_are_its_owners(place: tuple[str, Path]) -> None:
    for name in ("secret_key", "admin_password"):
        path = place[1] / name
        assert path.stat().st_mode & 0o077 == 0 and len(path.read_text(encoding="utf-8")) > 30

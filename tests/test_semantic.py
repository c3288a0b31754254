"""The semantic layer, asked by MetricFlow's own program: ratios are ratios of sums, as plain SQL on the marts has them."""

import csv
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from pipelines.settings import PROJECT
from tests.dbt_warehouse import DbtWarehouse
from tests.roi_company import half_a_year, month_cost

SEMANTIC = sorted((PROJECT / "dbt_project" / "models" / "semantic").glob("*.yml"))
QUOTED = "model = 'linear' and lookback_rule = 'own' and basis = 'cash' and full_cost is not null"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    made = DbtWarehouse(tmp_path_factory.mktemp("semantic"))
    half_a_year(made)
    made.insert("costs", month_cost("fair", date(2026, 3, 1), "content", 900, "paid_social"))  # months that differ in cost
    made.build("+roi_channel_months", "+roi_channel_costs", "+core_revenue", "+core_dates", "+roi_revenue_retention")
    return made


@pytest.fixture(scope="module")
def project(warehouse: DbtWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project, since `mf` reads the manifest from its folder `target`."""
    folder = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", folder, ignore=shutil.ignore_patterns("target", "logs"))
    program(folder, warehouse, "dbt", "--quiet", "parse")
    return folder


def program(folder: Path, warehouse: DbtWarehouse, name: str, *arguments: str) -> str:
    path = folder.parent / warehouse.path.name  # a copy, since dbt in this process keeps the warehouse open
    if not path.exists():
        warehouse.copy(folder.parent)
    variables = {**os.environ, "SANDBOX_PATH": str(path), "DBT_PROFILES_DIR": str(folder)}
    done = subprocess.run(
        [str(Path(sys.executable).parent / name), *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked(project: Path, warehouse: DbtWarehouse, metrics: str, by: str) -> list[dict[str, str]]:
    path = project / "answer.csv"
    path.unlink(missing_ok=True)
    program(project, warehouse, "mf", "query", "--metrics", metrics, "--group-by", by, "--order", by, "--csv", str(path))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_return_by_channel_is_a_ratio_of_sums_over_months(project: Path, warehouse: DbtWarehouse) -> None:
    answers = asked(project, warehouse, "attributed_roi,attributed_margin", "channel_credit__channel")
    found = {row["channel_credit__channel"]: float(row["attributed_roi"]) for row in answers if row["attributed_roi"]}
    sums = warehouse.rows(
        f"select channel, (sum(contribution_margin) - sum(full_cost)) / sum(full_cost) from roi.channel_months where {QUOTED} group by channel"
    )
    assert found == pytest.approx({channel: float(value) for channel, value in sums})
    assert "paid_social" in found
    months = warehouse.rows(f"select avg(attributed_roi) from roi.channel_months where {QUOTED} and channel = 'paid_social'")
    assert found["paid_social"] != pytest.approx(months[0][0])  # an average of monthly returns would be another number
    assert {row["channel_credit__channel"] for row in answers if not row["attributed_roi"]} >= {"direct", "unattributed"}


def test_cost_and_revenue_by_month_are_those_of_the_marts(project: Path, warehouse: DbtWarehouse) -> None:
    found = {
        row["metric_time__month"][:10]: (row["cost"], row["revenue"])
        for row in asked(project, warehouse, "cost,revenue", "metric_time__month")
    }
    expected = warehouse.rows(
        "select month::text, (select sum(amount) from roi.channel_costs where month = m.month), (select sum(amount_reporting) from core.revenue where month = m.month)"
        " from (select distinct month from core.revenue) m"
    )
    assert {month: tuple(map(float, values)) for month, values in found.items() if all(values)} == {
        month: (float(cost), float(revenue)) for month, cost, revenue in expected if cost is not None
    }


def test_the_rule_is_the_one_that_the_marts_quote(warehouse: DbtWarehouse) -> None:
    (quoted,) = re.findall(r"select '(\w+)' as model", warehouse.compiled("select '{{ quoted_model() }}' as model"))
    for path in SEMANTIC:
        assert set(re.findall(r"\bmodel = '(\w+)'", path.read_text(encoding="utf-8"))) <= {quoted}


def test_every_figure_people_quote_is_described_and_no_ratio_is_summed() -> None:
    said = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in SEMANTIC]
    metrics = {metric["name"]: metric for part in said for metric in part["metrics"]}
    assert {
        "attributed_roi",
        "cost",
        "revenue",
        "engagement_rate_by_impressions",
        "response_rate_24h",
        "two_way_ratio",
        "nrr",
        "grr",
    } <= set(metrics)
    assert all(metric["label"] and metric["description"].endswith(".") for metric in metrics.values())
    assert all(metrics[name]["type"] in ("ratio", "derived") for name in metrics if re.search("ratio|rate|roi$|nrr|grr", name))
    measures = [measure for part in said for model in part["semantic_models"] for measure in model["measures"]]
    ratios = re.compile(r"\b(attributed_roi|roas|cac|value|nrr|grr|logo_churn|lo|hi)\b")
    assert not [measure["name"] for measure in measures if measure["agg"] == "sum" and ratios.search(str(measure.get("expr", "")))]

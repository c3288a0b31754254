"""The exposures name every mart that the page reads and every mart that is published, so that lineage ends where people look."""

import re

import yaml

from pipelines.publish import read_marts
from pipelines.settings import PROJECT


def _exposed(name: str) -> set[str]:
    said = yaml.safe_load((PROJECT / "dbt_project" / "models" / "exposures.yml").read_text(encoding="utf-8"))
    (exposure,) = [exposure for exposure in said["exposures"] if exposure["name"] == name]
    return {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in exposure["depends_on"]}


def test_the_page_stands_beside_every_mart_that_it_reads() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "pipelines" / "page").glob("*.py"))
    read = set(re.findall(r"\b(?:from|join) ((?:core|roi|relationships|board)\.[a-z_]+)", text))
    assert {mart.replace(".", "_") for mart in read} == _exposed("board_page"), "models/exposures.yml: board_page"


def test_the_published_file_stands_beside_every_published_mart() -> None:
    assert {f"{mart.schema}_{mart.name}" for mart in read_marts() if mart.tier == "published"} == _exposed("published_file")


def test_superset_stands_beside_every_mart_that_its_charts_read() -> None:
    folder = PROJECT / "dashboards" / "superset" / "assets"
    read = {
        kind: [yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob(f"{kind}/*.yaml")]
        for kind in ("datasets", "charts")
    }
    marts = {dataset["uuid"]: dataset["extra"]["mart"].replace(".", "_") for dataset in read["datasets"]}
    of_chart = {chart["uuid"]: marts[chart["dataset_uuid"]] for chart in read["charts"]}
    for path in folder.glob("dashboards/*.yaml"):
        hung = [
            each["meta"]["uuid"]
            for key, each in yaml.safe_load(path.read_text(encoding="utf-8"))["position"].items()
            if key.startswith("CHART-")
        ]
        assert {of_chart[uuid] for uuid in hung} == _exposed(f"superset_{path.stem}"), f"models/exposures.yml: superset_{path.stem}"

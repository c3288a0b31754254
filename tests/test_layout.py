"""The rules that keep it a house: each is read from the files themselves, and what was forgotten is named."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from pipelines.analysts.rules import faults
from pipelines.entities import entities
from pipelines.settings import PROJECT
from pipelines.sources import discover

ORDER = [
    "settings keys entities raw tokens notes suppression overlaps functions dbt_plugin warehouse forgotten retention".split(),
    "exchange http pace authorization zones restli visits budget cadence withdrawn known advertising graph graph_account observe social sentiment".split(),
    "sources".split(),
    "spool extraction destination outcome package load".split(),
    "work".split(),
    "transform".split(),
    "estimates".split(),
    "estimate".split(),
    "check".split(),
    "contracts".split(),
    "publish".split(),
    "exports postgres progress told page digest".split(),
    "assets".split(),
    "schedule".split(),
    "definitions".split(),
    "metrics run summary status matrix doctor plan stories analysts labelling matching".split(),
    "erase".split(),
    "cli".split(),
]
KNOW_DAGSTER = {"transform", "assets", "schedule", "definitions", "run"}
MARTS = PROJECT / "dbt_project" / "models" / "marts"
STAGING = PROJECT / "dbt_project" / "models" / "staging"
PROMISED = {
    "core": "dates channels campaigns profiles accounts posts post_days profile_days profile_post_days ad_days interactions conversations "
    "identity_links subscription_months revenue costs opportunities coverage experiments",
    "roi": "attribution_credits channel_months campaigns channel_costs channel_summary markov_channels experiments mrr_movements "
    "revenue_retention retention_curves retention_curves_by_exposure retention_lift cohorts customer_value customer_value_fits mmm_weeks",
    "relationships": "indicators surveys understanding internal_network stories",
    "board": "objectives scorecard data_trust",
}
RESTRICTED = {
    *("core.interactions", "core.conversations", "core.identity_links", "core.subscription_months"),
    *("roi.attribution_credits", "roi.customer_value"),
}


@cache
def tracked() -> list[Path]:
    """Files that belong to the project; a copy without its history is taken as it lies there."""
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).exists()]
    ours = ("pipelines", "data_quality", "dbt_project", "simulator", "tests", "bench", "docs", "examples")
    return [path for folder in ours for path in (PROJECT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def written() -> list[Path]:
    """What people write and read, as text."""
    kinds = (".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".json", ".txt", ".example", "")
    return [path for path in tracked() if path.suffix in kinds and path.name not in ("requirements.lock", "LICENSE")]


def imports(path: Path) -> Iterator[str]:
    """Names of modules, and of what is taken from them; what only a type checker reads is no import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(PROJECT / "pipelines").parts[0].removesuffix(".py")


def pipeline_files() -> list[Path]:
    files = set(tracked())
    return [
        path for path in sorted((PROJECT / "pipelines").rglob("*.py")) if path in files and path != PROJECT / "pipelines" / "__init__.py"
    ]


@pytest.mark.parametrize("path", pipeline_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_file_imports_from_its_left(path: Path) -> None:
    places = {name: place for place, names in enumerate(ORDER) for name in names}
    assert room(path) in places, f"{path.name} has no place in the order of the house: give it one in this test"
    wrong = {name for name in imports(path) if name.startswith("pipelines.") and places.get(name.split(".")[1], -1) > places[room(path)]}
    assert not wrong, f"{path.name} imports {sorted(wrong)}, which come after it"


def test_only_the_rooms_for_it_know_dagster() -> None:
    for path in [*pipeline_files(), *sorted((PROJECT / "data_quality").rglob("*.py"))]:
        knows = any(name.split(".")[0] in ("dagster", "dagster_dbt") for name in imports(path))
        assert not knows or (path.is_relative_to(PROJECT / "pipelines") and room(path) in KNOW_DAGSTER), f"{path} imports dagster"


def test_the_product_never_imports_the_demo_company() -> None:
    for path in [*pipeline_files(), *sorted((PROJECT / "data_quality").rglob("*.py"))]:
        assert not any(name.split(".")[0] == "simulator" for name in imports(path)), f"{path} imports simulator"


def test_only_settings_touch_the_environment() -> None:
    for path in pipeline_files():
        if path.name != "settings.py":
            assert not re.search(r"\bos\.(environ|getenv|putenv)\b|from os import .*environ", path.read_text(encoding="utf-8")), path


def test_definitions_are_a_table_of_contents() -> None:
    assert len((PROJECT / "pipelines" / "definitions.py").read_text(encoding="utf-8").splitlines()) <= 30


def test_no_file_is_long() -> None:
    long = {
        str(path.relative_to(PROJECT)): lines
        for path in tracked()
        # made from the descriptions and from the estimators, however many there are
        if path.suffix in (".py", ".sql", ".yml", ".md")
        and path not in (PROJECT / "docs" / "metrics.md", PROJECT / "docs" / "calibration.md")
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert not long, f"over 300 lines: {long}"


def test_shared_rooms_are_named_by_their_subject() -> None:
    named = {part.removesuffix(".py").removesuffix(".sql") for path in tracked() for part in path.relative_to(PROJECT).parts}
    assert not named & {"util", "utils", "helper", "helpers", "common", "misc", "shared"}


def test_nothing_names_a_registry_or_a_machine() -> None:
    hosts = ["pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "index" + "-url ="]
    folders = [r"(?<![\w.}])/(?:work|root|home/\w+|opt)/", r"(?<![\w.}\"'])/tmp/"]
    for path in [*written(), PROJECT / "requirements.lock"]:
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], f"{path} names a registry"
        if path != Path(__file__):
            assert not [found for folder in folders for found in re.findall(folder, text)], f"{path} names a folder of one machine"


# One name at every stop.


@pytest.mark.parametrize("name", sorted(discover()))
def test_a_source_has_one_name_at_every_stop(name: str) -> None:
    source = discover()[name]
    given = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["sources"]
    assert name in given, f"dbt_project.yml, vars: sources: has no line for {name}"
    folder = STAGING / name
    assert folder.is_dir(), f"dbt_project/models/staging/{name}/ is missing"
    listed = yaml.safe_load((folder / f"_{name}__sources.yml").read_text(encoding="utf-8"))["sources"][0]
    assert (listed["name"], listed["schema"]) == (name, f"raw_{name}")
    assert {table["name"] for table in listed["tables"]} == {table.name for table in source.tables}, (
        f"_{name}__sources.yml names other tables than SOURCE"
    )
    staged = {path.stem.removeprefix(f"stg_{name}__") for path in folder.glob("*.sql")}
    assert staged == set(given[name]), f"{name}: the staging models are not the entities of its line in dbt_project.yml"
    assert staged <= set(entities()), f"{name} stages what is no entity of the model"
    assert {entity for table in source.tables for entity in table.entities} == staged, (
        f"{name}: RawTable.entities and the staging models differ"
    )
    suites = {path.stem for path in (PROJECT / "data_quality" / "suites" / "raw").glob(f"{name}__*.json")}
    assert suites == {f"{name}__{table.name}" for table in source.tables}, f"data_quality/suites/raw lacks or has too many suites of {name}"


def test_the_demo_company_speaks_as_sources_that_there_are() -> None:
    spoken = {
        path.stem
        for path in (PROJECT / "simulator" / "apis").glob("*.py")
        if f"{path.stem}_records.py" in {other.name for other in path.parent.iterdir()}
    }
    assert spoken and spoken <= set(discover()), f"no source is called {sorted(spoken - set(discover()))}"


def test_no_staging_folder_is_left_without_a_source() -> None:
    assert {path.name for path in STAGING.iterdir() if path.is_dir()} == {*discover(), "goodwill"}


def test_staging_has_the_columns_of_its_entity() -> None:
    for path in sorted(STAGING.glob("*/stg_*.yml")):
        if path.parent.name == "files":
            continue
        model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        columns = {column["name"]: column["data_type"] for column in model["columns"]}
        of_entity = {column.name: column.type for column in entities()[path.stem.split("__")[1]].columns}
        added = {"source": "text", "_observed_at": "timestamp"}
        for column, type_ in columns.items():
            wanted = (of_entity | added).get(column)
            assert wanted is not None, f"{path.name}: {column} is no column of the entity"
            assert re.sub(r"\s", "", type_.lower()) == re.sub(r"\s", "", wanted.lower()), (
                f"{path.name}: {column} is {type_}, the entity has {wanted}"
            )
        assert model["config"]["contract"]["enforced"], f"{path.name} does not enforce its contract"


# Models and marts.


def test_models_keep_the_rules() -> None:
    """`goodwill models`, which says of each fault what to write instead."""
    assert not faults(), "\n".join(map(str, faults()))


@pytest.mark.parametrize("mart", [f"{schema}.{name}" for schema, names in PROMISED.items() for name in names.split()])
def test_every_promised_mart_has_its_contract(mart: str) -> None:
    schema, name = mart.split(".")
    path = MARTS / schema / f"{schema}_{name}.yml"
    assert path.exists() and path.with_suffix(".sql").exists(), f"{mart} is missing"
    model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    tier = "restricted" if mart in RESTRICTED else "published"
    assert model["config"]["meta"]["tier"] == tier, f"{mart} is {tier}"


def test_every_setting_is_explained_where_it_is_given() -> None:
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    config = tomllib.loads((PROJECT / ".dlt" / "config.toml").read_text(encoding="utf-8"))["sources"]
    for source in discover().values():
        for setting in source.settings:
            variable = f"SOURCES__{source.name}__{setting.name}".upper()
            assert variable in example or setting.name in config.get(source.name, {}), (
                f"{variable} stands neither in .env.example nor in .dlt/config.toml"
            )
            assert not (setting.is_secret and setting.name in config.get(source.name, {})), (
                f"{variable} is a secret and stands in .dlt/config.toml"
            )

"""Dagster's view of the house: it opens without a secret, lineage is whole, and jobs are chosen by group."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from pipelines import definitions
from pipelines.settings import PROJECT, read_settings
from pipelines.sources import discover

LAYERS = {"settings", "staging", "intermediate", "core", "roi", "relationships", "board"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    """The definitions with nothing in the environment."""
    folder = tmp_path_factory.mktemp("nothing configured")
    built = definitions.build(read_settings(folder=folder, environ={}))
    assert not (folder / "data" / "warehouse.duckdb").exists(), "looking at the house opens no warehouse"
    assert not (folder / "data" / "goodwill.key").exists(), "nor does it make a key"
    yield built


def keys_of(house: dg.Definitions, job: str) -> set[dg.AssetKey]:
    return set(house.resolve_job_def(job).asset_layer.executable_asset_keys)


def test_every_source_and_every_layer_is_a_group(house: dg.Definitions) -> None:
    groups = {spec.group_name for spec in house.resolve_all_asset_specs()}
    assert groups == {*discover(), *LAYERS, "goodwill", "estimates", "published"}


def test_every_raw_table_is_an_asset_that_its_staging_reads(house: dg.Definitions) -> None:
    graph = house.resolve_asset_graph()
    for source in discover().values():
        for table in source.tables:
            key = dg.AssetKey([source.name, table.name])
            assert key in graph.executable_asset_keys
            if table.entities:
                assert any(child.path[0] == "staging" for child in graph.get(key).child_keys), f"{key} leads nowhere"


def test_nothing_that_dbt_reads_is_unknown(house: dg.Definitions) -> None:
    graph = house.resolve_asset_graph()
    assert set(graph.get_all_asset_keys()) == set(graph.executable_asset_keys), "a source of dbt that nobody fills"


def test_the_published_file_depends_on_every_source(house: dg.Definitions) -> None:
    graph = house.resolve_asset_graph()
    upstream, waiting = set(), {dg.AssetKey(["published", "goodwill"])}
    while waiting:
        key = waiting.pop()
        upstream.add(key)
        waiting |= set(graph.get(key).parent_keys) - upstream
    assert {key.path[0] for key in upstream} >= {*discover(), "core", "roi", "relationships", "board", "estimates"}


def test_what_is_estimated_comes_between_two_dbt_selections(house: dg.Definitions) -> None:
    graph = house.resolve_asset_graph()
    key = dg.AssetKey(["estimates", "est_customer_fits"])
    assert dg.AssetKey(["intermediate", "int_customer_orders"]) in graph.get(key).parent_keys
    assert dg.AssetKey(["roi", "customer_value_fits"]) in graph.get(key).child_keys


def test_jobs_are_chosen_by_group(house: dg.Definitions) -> None:
    everything = set(house.resolve_asset_graph().executable_asset_keys)
    assert keys_of(house, "daily") == everything
    assert keys_of(house, "hourly") == {key for key in everything if key.path[0] in {*discover(), "goodwill"}}


def test_checks_guard_both_borders(house: dg.Definitions) -> None:
    graph = house.resolve_asset_graph()
    checks = {(tuple(key.asset_key.path), key.name) for key in graph.asset_check_keys}
    assert {
        (("bluesky", "posts"), "great_expectations"),
        (("bluesky", "posts"), "loaded"),
        (("core", "posts"), "great_expectations"),
    } <= checks
    assert any(name.startswith("unique_combination") for key, name in checks if key == ("core", "posts")), "dbt's tests are asset checks"
    assert dg.AssetKey(["published", "judged"]) in graph.get(dg.AssetKey(["published", "goodwill"])).parent_keys


def test_one_run_at_a_time_and_nothing_reports_home() -> None:
    instance = yaml.safe_load((Path(PROJECT) / ".dagster" / "dagster.yaml").read_text(encoding="utf-8"))
    assert instance["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert instance["telemetry"]["enabled"] is False

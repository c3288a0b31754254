"""The dbt project -> one asset for each model and seed, one asset check for each data test, built by one dbt call in this process.

dbt runs inside the process and not as a program of its own: a killed run leaves nobody behind who holds the warehouse.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import cleanup_connections
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.version import __version__ as dbt_version

from pipelines.settings import PROJECT, Settings
from pipelines.work import Step, Work

DBT_PROJECT = PROJECT / "dbt_project"
DONE = ("success", "pass", "no-op")
FAULTS = ("error", "fail", "runtime error")
AFTER_ESTIMATES = "tag:estimated+"


class TransformError(Exception):
    """dbt cannot read the project; the message is dbt's own."""


class Translator(DagsterDbtTranslator):
    """A raw table is [source, table], a model [schema, table]; each source and each layer is a group."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return self.get_asset_key(dbt_resource_props).path[0]


def _project_files() -> list[Path]:
    written = {"target", "logs", "dbt_packages"}
    return sorted(
        path
        for path in DBT_PROJECT.rglob("*")
        if path.suffix in (".sql", ".yml", ".csv", ".md") and path.relative_to(DBT_PROJECT).parts[0] not in written
    )


def _profile(settings: Settings) -> str:
    """The project's profile `warehouse`, with the file of this run in it: dbt need not look at our environment."""
    profile = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8"))["goodwill"]["outputs"]["warehouse"]
    return yaml.safe_dump(
        {"goodwill": {"target": "warehouse", "outputs": {"warehouse": {**profile, "path": str(settings.warehouse_path)}}}}
    )


def _fingerprint(settings: Settings) -> str:
    """What the manifest depends on: every file of the project, dbt, and the warehouse, whose name dbt writes into it."""
    digest = hashlib.sha256(f"{dbt_version}\n{_profile(settings)}".encode())
    for path in _project_files():
        digest.update(f"\n{path.relative_to(DBT_PROJECT).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _dbt(settings: Settings, folder: Path, command: str, *arguments: str, manifest: Manifest | None = None, on_event: Any = None) -> Any:
    flags = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors"]
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(folder), "--target-path", str(folder)]
    places += ["--log-path", str(settings.warehouse_path.parent / "logs")]
    try:
        return dbtRunner(manifest=manifest, callbacks=[on_event] if on_event else []).invoke([*flags, command, *arguments, *places])
    finally:
        # dbt keeps the warehouse open until its process ends; ours goes on, and another run may be waiting for the file
        cleanup_connections()
        DuckDBConnectionManager.close_all_connections()


def manifest_folder(settings: Settings) -> Path:
    """Where the parsed project lies, parsed once for each content of it. TransformError where dbt cannot read it."""
    home = settings.warehouse_path.parent / "dbt"
    folder = home / f"{settings.warehouse_path.stem}-{_fingerprint(settings)}"
    if (folder / "manifest.json").exists():
        return folder
    home.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f"{settings.warehouse_path.stem}-building-", dir=home))
    (building / "profiles.yml").write_text(_profile(settings), encoding="utf-8")
    outcome = _dbt(settings, building, "parse")
    if not outcome.success:
        shutil.rmtree(building)
        raise TransformError(f"dbt cannot read dbt_project: {outcome.exception}")
    for former in home.glob(f"{settings.warehouse_path.stem}-*"):
        if former not in (building, folder):
            shutil.rmtree(former, ignore_errors=True)
    try:
        os.replace(building, folder)
    except OSError:  # another process was faster, with the same content
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _read_manifest(folder: Path) -> Manifest:
    """dbt's own object of the parsed project: handing it over spares the parsing, and nothing is written anew."""
    manifest = Manifest.from_msgpack((folder / "partial_parse.msgpack").read_bytes())
    manifest.build_flat_graph()
    return manifest


def _listener(work: Work, step: Step, context: dg.AssetExecutionContext) -> Any:
    def on_event(event: Any) -> None:
        if event.info.name in ("LogModelResult", "LogSeedResult"):
            work.progress(step, f"{event.data.index} of {event.data.total}: {event.data.node_info.node_name}")
        if event.info.level == "error":
            context.log.error(event.info.msg)

    return on_event


def _results(context: dg.AssetExecutionContext, manifest: Mapping[str, Any], results: list[Any], translator: Translator) -> Iterator[Any]:
    selected_checks = context.selected_asset_check_keys
    for result in results:
        node, seconds = result.node, round(result.execution_time, 3)
        if node.resource_type in ("model", "seed") and result.status in DONE:
            key = translator.get_asset_key(manifest["nodes"][node.unique_id])
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=key, metadata={"seconds": seconds})
        elif node.resource_type == "test" and result.status != "skipped":
            check = get_asset_check_key_for_test(manifest, translator, node.unique_id, project=None)
            if check is not None and check in selected_checks:
                yield dg.AssetCheckResult(
                    asset_key=check.asset_key,
                    check_name=check.name,
                    passed=result.status == "pass",
                    severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
                    metadata={"failed rows": result.failures or 0, "seconds": seconds},
                )


def _faults(outcome: Any) -> str:
    """What failed in dbt's own words, the first three in full."""
    if outcome.exception is not None:
        return " ".join(str(outcome.exception).split())
    faults = [
        f"{result.node.name}: {' '.join(str(result.message).split())}" for result in outcome.result.results if result.status in FAULTS
    ]
    return "; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")


def _dbt_assets(folder: Path, manifest: Mapping[str, Any], name: str, select: str, exclude: str | None) -> dg.AssetsDefinition:
    """The models and seeds of a selection: `dbt build` without the unit tests, which test code and no data."""
    translator = Translator()

    @dbt_assets(
        manifest=manifest, name=name, select=select, exclude=exclude, dagster_dbt_translator=translator, required_resource_keys={"work"}
    )
    def dbt(context: dg.AssetExecutionContext) -> Iterator[Any]:
        work: Work = context.resources.work
        # A test that spans both selections waits until all it asks for is built.
        arguments = ["--exclude-resource-type", "unit_test", "--no-write-json", "--indirect-selection", "buildable"]
        if context.is_subset:
            keys = context.selected_asset_keys
            nodes = (node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed"))
            arguments += ["--select", *(node["name"] for node in nodes if translator.get_asset_key(node) in keys)]
        else:
            arguments += ["--select", select, *(["--exclude", exclude] if exclude else [])]
        if work.full_refresh:
            arguments.append("--full-refresh")
        with work.step(name) as step:
            outcome = _dbt(
                work.settings, folder, "build", *arguments, manifest=_read_manifest(folder), on_event=_listener(work, step, context)
            )
            results = list(outcome.result.results) if outcome.result is not None else []
            done = [result for result in results if result.status in DONE]
            models = sum(result.node.resource_type in ("model", "seed") for result in done)
            tests = sum(result.node.resource_type == "test" for result in done)
            step.detail = f"{models} models, {tests} tests passed"
            if not outcome.success:
                step.state, step.detail = "failed", _faults(outcome)
        yield from _results(context, manifest, results, translator)
        if not outcome.success:
            raise dg.Failure(step.detail, allow_retries=False)

    return dbt


def build_dbt_assets(settings: Settings) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition, list[dg.AssetSpec]]:
    """What dbt builds before the estimates and after them, and the est_* tables between, each behind the models that it reads."""
    folder = manifest_folder(settings)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    translator = Translator()
    keys = {node["name"]: translator.get_asset_key(node) for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    estimates = [
        dg.AssetSpec(
            translator.get_asset_key(table), group_name="estimates", deps=[keys[name] for name in table["config"]["meta"]["reads"]]
        )
        for table in manifest["sources"].values()
        if table["source_name"] == "estimates"
    ]
    before = _dbt_assets(folder, manifest, "dbt", "fqn:*", AFTER_ESTIMATES)
    return before, _dbt_assets(folder, manifest, "dbt_after_estimates", AFTER_ESTIMATES, None), estimates

"""Every step of the house -> assets and asset checks, from the raw tables of each source to the published file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dagster as dg

from data_quality.suites import read_suites
from pipelines.check import CheckResult, check_marts, check_raw
from pipelines.estimate import estimate
from pipelines.load import Loading, fix_clock, prepare, warehouse_lock
from pipelines.page import page_path, refresh_page
from pipelines.postgres import publish_to_postgres
from pipelines.publish import TOLD, PublishError, publish, read_marts
from pipelines.raw import Source
from pipelines.retention import expire
from pipelines.settings import Settings, read_settings
from pipelines.sources import discover
from pipelines.transform import build_dbt_assets
from pipelines.work import Step, Work

NOTES = (
    "clock",
    "salt",
    "loads",
    "withdrawn_metrics",
    "unknown_fields",
    "refused_files",
    "tombstones",
    *(table for table, _ in TOLD.values()),
)
RETRY_AFTER_SECONDS = (5, 30)  # http.py has already been patient with single requests
CHECK = "great_expectations"
FAILED_CHECKS = dg.AssetKey(["goodwill", "failed_checks"])
JUDGED = dg.AssetKey(["published", "judged"])
PUBLISHED = dg.AssetKey(["published", "goodwill"])
PAGE = dg.AssetKey(["published", "page"])


@contextmanager
def opened(work: Work) -> Iterator[Work]:
    """The warehouse is ours alone for as long as the run lasts, and every raw table is there."""
    with ExitStack() as stack:
        with work.step("open the warehouse") as step:
            stack.enter_context(warehouse_lock(work.settings, on_wait=lambda message: work.wait(step, message)))
            prepare(work.settings)
            step.detail = str(work.settings.warehouse_path)
        yield work


@dg.resource(description="The run: its settings, and the warehouse for itself alone.")
def work_resource(init_context: dg.InitResourceContext) -> Iterator[Work]:
    log = init_context.log

    def on_step(step: Step) -> None:
        if log and step.state != "running":
            log.info(f"{step.name}: {step.state} {step.detail}".rstrip())

    with opened(Work(read_settings(), on_step=on_step)) as work:
        yield work


def _asked(context: dg.AssetExecutionContext) -> list[Source]:
    """The sources of this run."""
    keys = context.run.asset_selection or context.job_def.asset_layer.executable_asset_keys
    return [source for name, source in discover().items() if any(key.path[0] == name for key in keys)]


def start_all(sources: Iterable[Source], work: Work) -> dict[str, Loading]:
    """Let every source be asked at once, each in a thread of its own; they are loaded one after the other, as their turn comes."""
    begun = {source.name: Loading(source, work.settings, work.full_refresh) for source in sources}
    for loading in begun.values():
        loading.start()
    return begun


def load_assets(source: Source) -> dg.AssetsDefinition:
    """A source's raw tables. What is wrong with one source is a warning on its tables and stops nobody else."""
    keys = {table.name: dg.AssetKey([source.name, table.name]) for table in source.tables}

    @dg.multi_asset(
        name=f"load_{source.name}",
        specs=[
            dg.AssetSpec(key, group_name=source.name, kinds={"dlt", "duckdb"}, description=f"{source.title}: {name}, as it came.")
            for name, key in keys.items()
        ],
        check_specs=[dg.AssetCheckSpec("loaded", asset=key, description="The source could be asked.") for key in keys.values()],
        required_resource_keys={"work"},
    )
    def load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        work: Work = context.resources.work
        with work.step(f"load {source.name}") as step:
            if work.extracting is None:
                work.extracting = start_all(_asked(context), work)
            begun = work.extracting.pop(source.name, None)  # a retry begins anew
            result = (begun or Loading(source, work.settings, work.full_refresh)).finish()
            retry = context.retry_number
            if result.is_network and retry < len(RETRY_AFTER_SECONDS):
                step.state, step.detail = "failed", f"{result.reason}; once more in {RETRY_AFTER_SECONDS[retry]} s"
                raise dg.RetryRequested(max_retries=len(RETRY_AFTER_SECONDS), seconds_to_wait=RETRY_AFTER_SECONDS[retry])
            step.state = "failed" if result.state == "failed" else "finished"
            step.detail = result.reason or f"{sum(result.rows.values()):,} new rows, {sum(result.totals.values()):,} in all"
        work.loads.append(result)
        for warning in result.warnings:
            context.log.warning(warning)
        for name, key in keys.items():
            check = dg.AssetCheckResult(
                passed=result.state in ("loaded", "empty"),
                asset_key=key,
                check_name="loaded",
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"state": result.state, "reason": result.reason or ""},
            )
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={"new rows": result.rows.get(name, 0), "dagster/row_count": result.totals.get(name, 0)},
                check_results=[check],
            )

    return load


def notes_asset(sources: Iterable[Source]) -> dg.AssetsDefinition:
    """What the loaders wrote down, and the one clock of the build."""
    by_name = {source.name: source for source in sources}
    raw = [dg.AssetKey([source.name, table.name]) for source in by_name.values() for table in source.tables]

    @dg.multi_asset(
        name="fix_clock",
        specs=[dg.AssetSpec(["goodwill", name], group_name="goodwill", deps=raw, kinds={"duckdb"}) for name in NOTES],
        required_resource_keys={"work"},
    )
    def notes(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        work: Work = context.resources.work
        with work.step("fix the clock") as step:
            as_of = fix_clock(work.settings)
            removed = expire(work.settings, by_name, as_of)
            step.detail = f"as of {as_of:%Y-%m-%d %H:%M} UTC" + (f", {removed:,} rows were kept for long enough" if removed else "")
        for name in NOTES:
            yield dg.MaterializeResult(asset_key=dg.AssetKey(["goodwill", name]), metadata={"as of": as_of.isoformat()})

    return notes


def _check_specs(layer: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(CHECK, asset=suite.name.split("__", 1), description=f"What is expected of {suite.table}.")
        for suite in read_suites(layer)
    ]


def _check_results(results: list[CheckResult], keys: Iterable[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    """One result for each suite: an error only where what failed is blocking."""
    by_asset: dict[dg.AssetKey, list[CheckResult]] = defaultdict(list)
    for result in results:
        by_asset[dg.AssetKey(result.suite.split("__", 1))].append(result)
    for key in keys:
        failed = [result for result in by_asset[key.asset_key] if not result.passed]
        yield dg.AssetCheckResult(
            passed=not failed,
            asset_key=key.asset_key,
            check_name=key.name,
            severity=dg.AssetCheckSeverity.ERROR if any(result.is_blocking for result in failed) else dg.AssetCheckSeverity.WARN,
            description="\n".join(result.message for result in failed) or None,
        )


def check_assets(
    name: str, layer: str, verdict: dg.AssetKey, deps: Iterable[dg.AssetKey], said: str, judge: Callable[[Settings], list[CheckResult]]
) -> dg.AssetsDefinition:
    """The suites of a layer as asset checks, and a verdict that what comes after waits for: where a blocking one failed there is none.

    Dagster's own `blocking` would put these checks before everything that reads a checked table, the clock and later marts
    included, which they themselves must come after.
    """

    @dg.multi_asset(
        name=name,
        specs=[dg.AssetSpec(verdict, group_name=verdict.path[0], deps=list(deps), skippable=True)],
        check_specs=_check_specs(layer),
        allow_arbitrary_check_specs=True,
        can_subset=True,  # where only some sources are asked, all tables are judged and those of the others are not told
        required_resource_keys={"work"},
    )
    def check(context: dg.AssetExecutionContext) -> Iterator[Any]:
        work: Work = context.resources.work
        with work.step(said) as step:
            results = judge(work.settings)
            failed = [result for result in results if not result.passed]
            blocking = [result for result in failed if result.is_blocking]
            step.detail = f"{len(results):,} expectations, {len(failed)} failed" + (
                f", {len(blocking)} of them blocking" if blocking else ""
            )
            if blocking:
                step.state = "failed"
        work.checks += results
        yield from _check_results(results, context.selected_asset_check_keys)
        if blocking:
            raise dg.Failure("; ".join(result.message for result in blocking[:3]), allow_retries=False)
        if verdict in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=verdict, metadata={"failed": len(failed)})

    return check


def estimate_assets(specs: list[dg.AssetSpec]) -> dg.AssetsDefinition:
    """What SQL cannot do, between two dbt selections."""

    @dg.multi_asset(name="estimate", specs=specs, required_resource_keys={"work"})
    def fitted(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        work: Work = context.resources.work
        with work.step("estimate") as step:
            counts = estimate(work.settings)
            step.detail = f"{len(counts)} fits"
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key, metadata={"dagster/row_count": counts[spec.key.path[-1]]})

    return fitted


def publish_asset(marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The file that people read."""

    @dg.asset(key=PUBLISHED, group_name="published", deps=[*marts, JUDGED], kinds={"duckdb"}, required_resource_keys={"work"})
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """Every published mart of one build in a file of its own, swapped in by rename."""
        work: Work = context.resources.work
        with work.step("publish") as step:
            work.published = publish(work.settings)
            step.detail = f"{len(work.published.tables)} marts, {work.published.rows:,} rows: {work.published.path}"
        if work.settings.postgres_dsn is not None:
            with work.step("copy to PostgreSQL") as step:
                try:
                    copied = publish_to_postgres(work.settings.postgres_dsn, {"published": work.published.path}, read_marts())
                    step.detail = f"{len(copied)} marts"
                except PublishError as fault:  # the file is published all the same
                    step.state, step.detail = "failed", str(fault)
        return dg.MaterializeResult(metadata={"path": str(work.published.path), "dagster/row_count": work.published.rows})

    return published


def page_asset() -> dg.AssetsDefinition:
    """What people look at."""

    @dg.asset(key=PAGE, group_name="published", deps=[PUBLISHED], kinds={"html"}, required_resource_keys={"work"})
    def page(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The published file as one self-contained HTML file beside it; where it cannot be made, what is published stands all the same."""
        work: Work = context.resources.work
        path = page_path(work.settings.published_path)
        with work.step("write the page") as step:
            step.detail = str(path)
            if unwritten := refresh_page(work.settings.published_path):
                step.state, step.detail = "failed", unwritten
                work.warnings.append(unwritten)
        return dg.MaterializeResult(metadata={"path": str(path), "is_of_this_publication": unwritten is None})

    return page


def build_assets(settings: Settings) -> list[Any]:
    """The whole house, left to right."""
    sources = list(discover().values())
    before, after, estimates = build_dbt_assets(settings)
    marts = [dg.AssetKey([mart.schema, mart.name]) for mart in read_marts() if mart.tier == "published"]
    return [
        *(load_assets(source) for source in sources),
        notes_asset(sources),
        check_assets("check_raw", "raw", FAILED_CHECKS, [dg.AssetKey(["goodwill", "clock"])], "check what came in", check_raw),
        before,
        estimate_assets(estimates),
        after,
        check_assets("check_marts", "marts", JUDGED, marts, "check what goes out", check_marts),
        publish_asset(marts),
        page_asset(),
    ]

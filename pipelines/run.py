"""Settings -> one whole run in this process: sources, checks, dbt, checks, publication; Dagster decides what comes after what."""

import difflib
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.settings import Settings, SettingsError
from pipelines.work import Listener, Step, Work

if TYPE_CHECKING:
    from dagster import JobDefinition

    from pipelines.check import CheckResult
    from pipelines.load import LoadResult
    from pipelines.publish import PublishResult

KEPT_LOGS = 20


@dataclass(frozen=True)
class RunReport:
    """What became of a run. `failure` says why nothing was published and is None where something was."""

    seconds: float
    log_path: Path
    steps: "Sequence[Step]" = ()
    loads: "Sequence[LoadResult]" = ()
    checks: "Sequence[CheckResult]" = ()
    published: "PublishResult | None" = None
    failure: str | None = None
    warnings: Sequence[str] = field(default_factory=list)

    @property
    def is_published(self) -> bool:
        return self.published is not None and self.failure is None


@contextmanager
def _quiet(settings: Settings) -> Iterator[Path]:
    """What Dagster, dbt, dlt and Great Expectations say goes into a file, one a run; the terminal is for our own words."""
    folder = settings.warehouse_path.parent / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    for former in sorted(folder.glob("run-*.log"))[: -KEPT_LOGS + 1]:
        former.unlink(missing_ok=True)
    path = folder / f"run-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.log"
    with path.open("w", encoding="utf-8", buffering=1) as log, redirect_stdout(log), redirect_stderr(log):
        yield path


def _job(work: Work) -> "JobDefinition":
    # Dagster, dbt and dlt take seconds to import: only once it is known that there is work
    import dagster as dg

    from pipelines.assets import opened
    from pipelines.definitions import build

    @dg.resource
    def opened_work(_: dg.InitResourceContext) -> Iterator[Work]:
        with opened(work):
            yield work

    return build(work.settings, opened_work).resolve_job_def("daily")


def _check_names(wanted: Sequence[str]) -> None:
    from pipelines.sources import discover

    known = list(discover())
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise SettingsError(
                f"there is no source {name!r}; " + (f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}")
            )


def _execute(job: "JobDefinition", wanted: Sequence[str] | None) -> None:
    import dagster as dg

    from pipelines.sources import discover

    left_out = set() if wanted is None else set(discover()) - set(wanted)
    keys = [key for key in job.asset_layer.executable_asset_keys if key.path[0] not in left_out]
    # An instance in memory: writing every event to disk costs a third of a small run, and `make dev` records its own.
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        job.execute_in_process(instance=instance, asset_selection=keys)


def _root(fault: BaseException) -> BaseException:
    """What went wrong first: Dagster wraps it once or twice."""
    while fault.__cause__ is not None:
        fault = fault.__cause__
    return fault


def _told(fault: BaseException, work: Work) -> str:
    root = _root(fault)
    said = " ".join(str(getattr(root, "description", None) or root).split()) or type(root).__name__
    last = work.steps[-1]
    return f"{last.name}: {said}" if last.state == "failed" else said


def run(
    settings: Settings, sources: Sequence[str] | None = None, full_refresh: bool = False, on_step: Listener = lambda step: None
) -> RunReport:
    """Load `sources` (all where None, none where empty), transform, check and publish; a second run on the same warehouse waits for the first.

    Never raises for what goes wrong on the way: the report says it. SettingsError where a source does not exist.
    KeyboardInterrupt goes through, with everything closed.
    """
    import traceback

    began = time.monotonic()
    _check_names(sources or ())
    work = Work(settings, full_refresh, on_step)
    failure: str | None = None
    with _quiet(settings) as log_path:
        try:
            with work.step("read the project"):
                job = _job(work)
            _execute(job, sources)
        except KeyboardInterrupt:
            raise
        except BaseException as fault:
            if type(fault).__name__ == "DagsterExecutionInterruptedError":
                raise KeyboardInterrupt from None
            if not isinstance(fault, Exception):
                raise
            traceback.print_exc(file=sys.stderr)
            failure = _told(fault, work)
        if failure is None and work.published is None:
            failure = "the run ended before it published"
    warnings = [f"{result.source}: {warning}" for result in work.loads for warning in result.warnings] + work.warnings
    return RunReport(
        seconds=time.monotonic() - began,
        log_path=log_path,
        steps=work.steps,
        loads=work.loads,
        checks=work.checks,
        published=work.published if failure is None else None,
        failure=failure,
        warnings=warnings,
    )

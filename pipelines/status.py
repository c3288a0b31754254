"""Sources and checks -> tables on a terminal: what is configured, what is missing, what did not hold."""

from collections.abc import Sequence
from typing import Any

import duckdb
from rich.console import Console

from pipelines.check import CheckResult
from pipelines.settings import Settings
from pipelines.sources import discover
from pipelines.summary import Page

LAST = """
select source, account, max(fresh_until), any_value(state order by state), sum(distinct_total)
from (select distinct source, account, raw_table, state, fresh_until, loaded_total as distinct_total from raw_goodwill.loads)
group by source, account
"""


def _last_loads(settings: Settings, page: Page) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    """What the last run wrote down; nothing where there was none or one is at work."""
    if not settings.warehouse_path.exists():
        page.say(f"nothing was loaded yet: {settings.warehouse_path} does not exist; `goodwill run` makes it")
        return {}
    try:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return {row[:2]: row[2:] for row in connection.execute(LAST).fetchall()}
    except duckdb.Error as fault:
        page.say(f"when they last answered cannot be told while a run is at work ({str(fault).splitlines()[0]})")
        return {}


def print_sources(settings: Settings, console: Console) -> None:
    """Every source, each of its accounts: configured or what is missing, rows in the warehouse, and when it last answered."""
    page = Page(console)
    last = _last_loads(settings, page)
    lines = []
    for source, account in [(each, account) for each in discover().values() for account in settings.accounts(each.name)]:
        missing = settings.missing(source.name, source.settings, account)
        fresh_until, state, rows = last.get((source.name, account), (None, None, None))
        if source.name == "files":
            state_now = f"reads {settings.inbox_path}" if settings.inbox_path.is_dir() else f"no folder {settings.inbox_path}"
        else:
            state_now = f"set {' and '.join(missing)}" if missing else "configured"
        lines.append(
            (
                f"{source.name} {account or ''}".rstrip(),
                state or "never asked",
                f"{rows or 0:,}",
                f"{fresh_until:%Y-%m-%d %H:%M}" if fresh_until else "",
                state_now,  # the last column may take several lines
            )
        )
    page.table(("source", "last run", "rows", "answered (UTC)", "settings"), lines, right=(2,))


def print_checks(results: Sequence[CheckResult], console: Console) -> None:
    """What did not hold, the blocking ones first, and how much was asked."""
    page = Page(console)
    failed = sorted((result for result in results if not result.passed), key=lambda result: (not result.is_blocking, result.suite))
    page.table(("", ""), [("blocking" if result.is_blocking else "warning", result.message) for result in failed])
    suites = len({result.suite for result in results})
    page.say(f"{len(results):,} expectations of {suites} tables, {len(failed)} did not hold")

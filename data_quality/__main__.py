"""A warehouse -> a table of what held, by `python -m data_quality [--warehouse PATH]`; exit code 1 where a blocking expectation failed."""

import sys
from pathlib import Path

import click
import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_quality.bridge import CheckResult, judge
from data_quality.suites import read_suites
from pipelines.settings import read_settings


def judged(warehouse: Path) -> list[CheckResult]:
    """All results, raw tables first. The file is opened read-only: nothing is noted in it."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [result for layer in ("raw", "marts") for suite in read_suites(layer) for result in judge(suite, connection)]


def table(results: list[CheckResult]) -> Table:
    """One row for each suite, and below it what failed."""
    lines = Table("table", "expectations", "held", "failed", box=None)
    for name in dict.fromkeys(result.table for result in results):
        of_table = [result for result in results if result.table == name]
        failed = [result for result in of_table if not result.passed]
        said = [f"[{'red' if result.is_blocking else 'yellow'}]{escape(result.message)}[/]" for result in failed]
        lines.add_row(name, str(len(of_table)), str(len(of_table) - len(failed)), "\n".join(said))
    return lines


@click.command(help="Judge every suite on a warehouse. Exit code 1 where a blocking expectation failed.")
@click.option(
    "--warehouse", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File of the warehouse; else WAREHOUSE_PATH."
)
def main(warehouse: Path | None) -> None:
    path = warehouse or read_settings().warehouse_path
    if not path.exists():
        raise click.ClickException(f"{path} is not there: run the pipeline first, or name a warehouse")
    results = judged(path)
    failed = [result for result in results if not result.passed]
    blocking = [result for result in failed if result.is_blocking]
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table(results))
    console.print(f"{len(results)} expectations, {len(failed)} failed, {len(blocking)} of them blocking")
    sys.exit(1 if blocking else 0)


if __name__ == "__main__":
    main()

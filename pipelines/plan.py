"""History of units -> the experiments that would tell an effect, as a page: `goodwill experiment plan`."""

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.estimates.experiments.plans import LEVEL, POWER, History, Plan, histories, plans_of, proposed, weekly_values
from pipelines.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = {"unit": "VARCHAR", "date": "DATE", "value": "DOUBLE"}


class PlanError(Exception):
    """A file that is no history; says what is wrong and where."""


def read_history(path: Path) -> History:
    """A CSV of unit, date, value (a row a unit and day; a day without a row counts 0) -> its weeks, the last one ending with the last day."""
    with duckdb.connect() as connection:
        try:
            given = connection.read_csv(str(path), header=True, all_varchar=True)
            missing = [column for column in COLUMNS if column not in given.columns]
            if missing:
                raise PlanError(f"{path}: the column {missing[0]} is missing; a history has unit, date and value")
            for column, kind in COLUMNS.items():
                fault = given.filter(f'"{column}" is null or try_cast("{column}" as {kind}) is null').limit(1).fetchone()
                if fault:
                    raise PlanError(f"{path}: {dict(zip(given.columns, fault, strict=True))}: {column} is not a {kind.lower()}")
            rows = given.select("unit, date::date as date, value::double as value").order("unit, date, value").fetchall()
        except duckdb.Error as fault:
            raise PlanError(f"{path}: {fault}") from None
    if not rows:
        raise PlanError(f"{path} has no row")
    last = max(day for _, day, _ in rows)
    weekly = weekly_values([unit for unit, _, _ in rows], [(last - day).days // 7 for _, day, _ in rows], [value for *_, value in rows])
    return History(path.name, "unit", weekly, len(weekly))


def plans_of_warehouse(settings: Settings) -> list[Plan]:
    """Plans from the accounts and earlier tests in the warehouse as the last run left it."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return [plan for history in histories(connection) for plan in plans_of(history)]


def print_plans(found: list[Plan], console: "Console") -> None:
    from rich.table import Table

    table = Table("history", "design", "units", "treated", "weeks", "least effect found", box=None, header_style="bold")
    for plan in found:
        effect = plan.reason if plan.detectable_effect is None else f"{100 * plan.detectable_effect:.1f} %"
        table.add_row(
            f"{plan.history} ({plan.unit_kind})",
            plan.design,
            *(str(number) if number is not None else "" for number in (plan.n_units, plan.n_treated, plan.weeks)),
            effect,
        )
    console.print(table)
    console.print(f"\nFound with a chance of {100 * POWER:.0f} %, at level {100 * LEVEL:.0f} %, two-sided.")
    best = proposed(found)
    if best is None:
        console.print("No history bears a plan: give more units or weeks.")
        return
    console.print(
        f"Proposed: draw {best.n_treated} of {best.n_units} units of {best.history} by chance, treat them for {best.weeks} weeks, "
        "write both down in inbox/experiments and inbox/experiment_outcomes before the start."
    )

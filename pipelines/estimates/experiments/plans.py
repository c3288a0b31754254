"""Weeks of units as they were -> the experiment that would tell an effect: units, weeks, and the least effect it would find.

Tests that never took place are drawn from the history: the change of each unit from some weeks to the next ones is what would have been
compared, and its spread among units is what an effect must rise above. Power of Student's t by its noncentral distribution (Cohen 1988)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

from pipelines.estimates.experiments.units import is_by_ratio

POWER, LEVEL, TAILS = 0.80, 0.95, 2
WEEKS = (2, 4, 6, 8, 12)
WEEKS_BEFORE = 8  # of the comparison, or as many as there are
MOST_TESTS = 6  # drawn from a history, the latest ones
FEWEST_UNITS = 8
WORTH_FINDING = 0.10  # the shortest test that finds as little is proposed
COLUMNS = (
    "history text, unit_kind text, design text, weeks bigint, n_units bigint, n_treated bigint, "
    "detectable_effect double, power double, level double, is_proposed boolean, reason text"
)
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What is known of possible units: `weekly` (units, weeks), the latest last; `n_units` could take part, of which these are some."""

    name: str
    unit_kind: str
    weekly: Matrix
    n_units: int


@dataclass(frozen=True)
class Plan:
    """`detectable_effect` is a share of what would have been: the least one that is found with `power`; None where `reason` says why."""

    history: str
    unit_kind: str
    design: str
    weeks: int | None
    n_units: int
    n_treated: int | None
    detectable_effect: float | None
    reason: str | None = None


def power_of(difference: float, n_treated: int, n_control: int, level: float = LEVEL, tails: int = TAILS) -> float:
    """Chance that Student's t of two groups finds a difference of means, in standard deviations of a unit."""
    degrees = n_treated + n_control - 2
    shift = difference / math.sqrt(1 / n_treated + 1 / n_control)
    critical = float(stdtrit(degrees, (1 + level) / 2 if tails == 2 else level))
    below = float(nctdtr(degrees, shift, -critical)) if tails == 2 else 0.0
    # far out in its tail the function gives NaN for what is 0 to every digit shown
    return 1 - float(np.nan_to_num(nctdtr(degrees, shift, critical))) + float(np.nan_to_num(below))


def detectable_difference(n_treated: int, n_control: int, power: float = POWER, level: float = LEVEL, tails: int = TAILS) -> float:
    """The least difference of means, in standard deviations of a unit, that is found with `power`."""
    largest = 12 * math.sqrt(1 / n_treated + 1 / n_control)  # at 12 standard errors even a handful of units tells
    return float(brentq(lambda difference: power_of(difference, n_treated, n_control, level, tails) - power, 0.0, largest, xtol=1e-10))


def spread(weekly: Matrix, weeks: int) -> tuple[float, float, bool] | None:
    """(standard deviation of a unit's change, mean before, whether changes are logs of ratios) over tests drawn from the history.

    None where fewer than 2 weeks lie before a test. The scale is that of the estimate of a test (units.effect_of)."""
    n_weeks = weekly.shape[1]
    before = min(WEEKS_BEFORE, n_weeks - weeks)
    if before < 2:
        return None
    ends = range(n_weeks, before + weeks - 1, -weeks)[:MOST_TESTS]
    pairs = [(weekly[:, end - weeks - before : end - weeks].mean(axis=1), weekly[:, end - weeks : end].mean(axis=1)) for end in ends]
    by_ratio = all(is_by_ratio(past, coming) for past, coming in pairs)
    changes = [np.log(coming / past) if by_ratio else coming - past for past, coming in pairs]
    variance = float(np.mean([change.var(ddof=1) for change in changes]))
    return math.sqrt(variance), float(np.mean([past.mean() for past, _ in pairs])), by_ratio


def plans_of(history: History) -> list[Plan]:
    """A plan for each design and number of weeks that the history bears: half the units drawn, or a fifth and at least 4 as they come."""
    n = history.n_units
    if len(history.weekly) < FEWEST_UNITS:
        return [Plan(history.name, history.unit_kind, "randomised", None, n, None, None, f"{n} units: at least {FEWEST_UNITS} are needed")]
    found = []
    for weeks in WEEKS:
        known = spread(history.weekly, weeks)
        if known is None:
            continue
        deviation, mean, by_ratio = known
        if not deviation > 0 or not (by_ratio or mean > 0):
            continue
        for design, n_treated in (("randomised", n // 2), ("did", max(4, n // 5))):
            difference = deviation * detectable_difference(n_treated, n - n_treated)
            effect = math.expm1(difference) if by_ratio else difference / mean
            found.append(Plan(history.name, history.unit_kind, design, weeks, n, n_treated, effect))
    if not found:
        weeks_given = history.weekly.shape[1]
        return [Plan(history.name, history.unit_kind, "randomised", None, n, None, None, f"{weeks_given} weeks of history are too few")]
    return found


def proposed(plans: Sequence[Plan]) -> Plan | None:
    """The shortest randomised test that finds a tenth, else the one that finds the least; ties go to fewer weeks, then by name."""
    able = [plan for plan in plans if plan.design == "randomised" and plan.detectable_effect is not None]

    def order(plan: Plan) -> tuple[bool, float, float, str]:
        effect, weeks = plan.detectable_effect or 0.0, float(plan.weeks or 0)
        is_enough = effect <= WORTH_FINDING
        return (not is_enough, weeks if is_enough else effect, effect if is_enough else weeks, plan.history)

    return min(able, key=order, default=None)


def histories(connection: duckdb.DuckDBPyConnection) -> list[History]:
    """Of the warehouse: the accounts' revenue of the last 26 weeks, and the money of units of earlier experiments while untreated."""
    weeks = connection.execute(
        """
        with clock as (select as_of_date from intermediate.int_clock),
        weekly as (
            select 'revenue' as history, 'account' as unit_kind, customer_key as unit_id,
                date_diff('day', revenue.date, clock.as_of_date - 1) // 7 as weeks_ago, sum(amount_reporting) as value
            from intermediate.int_revenue_resolved as revenue cross join clock
            where account_id is not null and revenue.date < clock.as_of_date and revenue.date >= clock.as_of_date - 182
            group by all
            union all
            select experiment_id as history, unit_kind, unit_id,
                date_diff('day', days.date, max(days.date) over (partition by experiment_id)) // 7 as weeks_ago, days.value
            from intermediate.int_experiment_days as days
            inner join intermediate.int_experiments as tests using (experiment_id)
            inner join intermediate.int_experiment_units as units using (experiment_id, outcome, unit_id)
            where days.outcome_kind = 'money' and coalesce(tests.primary_outcome, days.outcome) = days.outcome and not units.is_treated
        )
        select history, unit_kind, unit_id, weeks_ago, sum(value order by value) as value from weekly group by all order by all
        """
    ).fetchall()
    units = dict(
        connection.execute(
            "select experiment_id, count(distinct unit_id) from intermediate.int_experiment_units group by experiment_id"
        ).fetchall()
    )
    found = []
    for name, unit_kind in sorted({(row[0], row[1]) for row in weeks}):
        mine = [row[2:] for row in weeks if row[:2] == (name, unit_kind)]
        weekly = weekly_values([row[0] for row in mine], [row[1] for row in mine], [float(row[2]) for row in mine])
        found.append(History(name, unit_kind, weekly, len(weekly) if unit_kind == "account" else int(units[name])))
    return found


def weekly_values(unit_ids: Sequence[str], weeks_ago: Sequence[int], values: Sequence[float]) -> Matrix:
    """Values by unit and week, the latest last; 0 where a unit had none. The oldest week is left out: it may have begun before."""
    _, unit = np.unique(np.array(unit_ids), return_inverse=True)
    ago = np.array(weeks_ago, dtype=np.int64)
    weekly = np.zeros((int(unit.max()) + 1, int(ago.max()) + 1))
    np.add.at(weekly, (unit, int(ago.max()) - ago), np.array(values, dtype=np.float64))
    return weekly[:, 1:]


def experiment_plans(connection: duckdb.DuckDBPyConnection) -> Sequence[tuple[object, ...]]:
    """Rows of est_experiment_plans: history x design x weeks, one of them proposed; none without any history."""
    plans = [plan for history in histories(connection) for plan in plans_of(history)]
    best = proposed(plans)
    return [
        (
            *(plan.history, plan.unit_kind, plan.design, plan.weeks, plan.n_units, plan.n_treated, plan.detectable_effect),
            *(POWER, LEVEL, plan is best, plan.reason),
        )
        for plan in plans
    ]

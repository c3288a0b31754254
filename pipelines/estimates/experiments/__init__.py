"""Outcomes of experiments in the warehouse -> rows of est_experiments: effects, intervals and p values, one file a design.

The designs are functions of arrays: units.effect_of (randomised, did), panels.panel_effect (synthetic_control, its, tbr), and below it
synthetic_control, interrupted_time_series and time_based_regression; assignments.permutation_p judges a draw."""

from collections.abc import Sequence

import duckdb
import numpy as np

from pipelines.estimates.experiments.effects import Effect
from pipelines.estimates.experiments.panels import Panel, panel_effect
from pipelines.estimates.experiments.units import Units, effect_of

COLUMNS = (
    "experiment_id text, outcome text, method text, n_units bigint, n_treated bigint, n_control bigint, "
    "effect double, effect_lo double, effect_hi double, effect_pct double, effect_pct_lo double, effect_pct_hi double, "
    "effect_total double, effect_total_lo double, effect_total_hi double, p_value double, pretrend_p double, "
    "prefit_rmspe_pct double, effect_demeaned double, interval_reason text, reason text"
)
OF_UNITS = ("randomised", "did")


def _units(connection: duckdb.DuckDBPyConnection, experiment_id: str, outcome: str) -> Units:
    rows = connection.execute(
        "select outcome_kind, is_treated, coalesce(pre_value, 0), coalesce(pre_base, 0), coalesce(test_value, 0), coalesce(test_base, 0), "
        "coalesce(post_value, 0), coalesce(post_base, 0), coalesce(block_id, ''), coalesce(weight, 1), coalesce(pre_slope, 'nan'), has_denominator "
        "from intermediate.int_experiment_units where experiment_id = ? and outcome = ? order by unit_id",
        [experiment_id, outcome],
    ).fetchall()
    kind, is_treated, *numbers, has_denominator = zip(*rows, strict=True)
    pre_value, pre_base, test_value, test_base, post_value, post_base = (np.array(column, dtype=np.float64) for column in numbers[:6])
    return Units(
        kind=kind[0],
        is_treated=np.array(is_treated, dtype=np.bool_),
        pre_value=pre_value,
        pre_base=pre_base,
        test_value=test_value,
        test_base=test_base,
        post_value=post_value,
        post_base=post_base,
        block=np.unique(np.array(numbers[6]), return_inverse=True)[1].astype(np.int64),
        weight=np.array(numbers[7], dtype=np.float64),
        pre_slope=np.array(numbers[8], dtype=np.float64),
        has_total=kind[0] != "rate" or all(has_denominator),
    )


def _panel(connection: duckdb.DuckDBPyConnection, experiment_id: str, outcome: str) -> Panel | str:
    """Units by days, or why there is no such table."""
    rows = connection.execute(
        "select units.outcome_kind, days.unit_id, units.is_treated, coalesce(units.weight, 1), days.date, days.phase, days.value, "
        "case when units.outcome_kind = 'rate' then coalesce(days.denominator, 1) else 1 end, units.has_denominator "
        "from intermediate.int_experiment_days as days inner join intermediate.int_experiment_units as units "
        "using (experiment_id, outcome, unit_id) where experiment_id = ? and outcome = ? order by days.unit_id, days.date",
        [experiment_id, outcome],
    ).fetchall()
    kind, unit_id, is_treated, weight, date, phase, value, base, has_denominator = zip(*rows, strict=True)
    _, first, unit = np.unique(np.array(unit_id), return_index=True, return_inverse=True)
    dates, day = np.unique(np.array(date, dtype="datetime64[D]"), return_inverse=True)
    code = np.array([("pre", "test", "cooldown").index(name) for name in phase])
    phases = np.zeros(len(dates), dtype=np.int64)
    phases[day] = code
    if (phases[day] != code).any():
        return "a day is before the test for one unit and in it for another"
    values, bases = np.full((len(first), len(dates)), np.nan), np.zeros((len(first), len(dates)))
    values[unit, day], bases[unit, day] = value, base
    return Panel(
        kind=kind[0],
        is_treated=np.array(is_treated, dtype=np.bool_)[first],
        weight=np.array(weight, dtype=np.float64)[first],
        value=values,
        base=bases,
        dates=dates,
        phase=phases,
        has_total=kind[0] != "score" and (kind[0] != "rate" or all(has_denominator)),
    )


def _found(connection: duckdb.DuckDBPyConnection, experiment_id: str, outcome: str, design: str, level: float, tails: int) -> Effect:
    if not 0 < level < 1 or tails not in (1, 2):
        return Effect("", 0, 0, reason=f"level {level:g} and tails {tails}: a level lies between 0 and 1, and tails are 1 or 2")
    try:
        if design in OF_UNITS:
            return effect_of(_units(connection, experiment_id, outcome), design, level, tails)
        panel = _panel(connection, experiment_id, outcome)
        return Effect("", 0, 0, reason=panel) if isinstance(panel, str) else panel_effect(panel, design, level, tails)
    except (np.linalg.LinAlgError, RuntimeError, ArithmeticError) as fault:
        # one test whose numbers no method can take must not take the others with it
        return Effect("", 0, 0, reason=f"the outcomes cannot be estimated: {fault}")


def experiments(connection: duckdb.DuckDBPyConnection) -> Sequence[tuple[object, ...]]:
    """Rows of est_experiments: one per experiment and outcome; a row without effect has a reason."""
    plans = connection.execute(
        "select units.experiment_id, units.outcome, plans.design, coalesce(plans.level, 0.95), coalesce(plans.tails, 2) "
        "from (select distinct experiment_id, outcome from intermediate.int_experiment_units) as units "
        "inner join intermediate.int_experiments as plans on units.experiment_id = plans.experiment_id "
        "where plans.design in ('randomised', 'did', 'synthetic_control', 'its', 'tbr') order by all"
    ).fetchall()
    rows: list[tuple[object, ...]] = []
    for experiment_id, outcome, design, level, tails in plans:
        found = _found(connection, experiment_id, outcome, design, level, tails)
        none = (None, None, None)
        rows.append(
            (experiment_id, outcome, found.method or None, found.n_treated + found.n_control, found.n_treated, found.n_control)
            + (found.effect or none)
            + (found.percent or none)
            + (found.total or none)
            + (found.p_value, found.pretrend_p, found.prefit_rmspe_pct, found.effect_demeaned, found.interval_reason, found.reason)
        )
    return rows

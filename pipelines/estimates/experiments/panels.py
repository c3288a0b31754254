"""Units by days -> the effect of a design that reads time: synthetic control, interrupted time series, time-based regression."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from pipelines.estimates.experiments.effects import Effect, Limits, percent_of_what_would_have_been, times
from pipelines.estimates.experiments.interrupted_time_series import Interruption, interrupted_time_series
from pipelines.estimates.experiments.synthetic_control import Synthetic, synthetic_control
from pipelines.estimates.experiments.time_based_regression import Foretold, time_based_regression

MOST_DONORS = 200  # of more, those that lie nearest before the test
FEWEST_FOR_PLACEBO = 12  # days before the test, of which the last third play the test
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """One outcome of one test: `value` and `base` (units, T), NaN where a day was not given; the base is 1, or the denominator of a rate.

    `dates` (T) grow; `phase` (T) is 0 before the test, 1 in it and 2 in its cooldown; `is_treated` and `weight` (units)."""

    kind: str
    is_treated: NDArray[np.bool_]
    weight: Vector
    value: Matrix
    base: Matrix
    dates: NDArray[np.datetime64]
    phase: NDArray[np.int64]
    has_total: bool = True

    def of(self, units: NDArray[np.bool_], days: NDArray[np.bool_]) -> "Panel":
        cells = np.ix_(units, days)
        return replace(
            self,
            is_treated=self.is_treated[units],
            weight=self.weight[units],
            value=self.value[cells],
            base=self.base[cells],
            dates=self.dates[days],
            phase=self.phase[days],
        )

    def complete(self) -> "Panel":
        """Without days that most units lack, then without units that lack a day: a sum over units is of the same units on every day."""
        given = np.isfinite(self.value) & (self.base > 0) & (self.weight > 0)[:, None]
        days = given.sum(axis=0) * 2 > given.any(axis=1).sum()
        return self.of(given[:, days].all(axis=1) & days.any(), days)

    def series(self, units: NDArray[np.bool_]) -> Vector:
        """Of some units on each day the (weighted) mean, or the sum of values over the sum of denominators (T)."""
        weight = self.weight[units, None]
        return np.asarray((weight * self.value[units]).sum(axis=0) / (weight * self.base[units]).sum(axis=0))


def steps(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Whole steps since the first of growing dates (T): months where all fall on one day of the month, else the days' common measure."""
    days = dates.astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64)
    of_month = (days - days.astype("datetime64[M]")).astype(np.int64)
    ends_month = (days + 1).astype("datetime64[M]").astype(np.int64) > months
    is_monthly = len(days) > 2 and ((of_month == of_month[0]).all() or ends_month.all()) and (np.diff(months) > 0).all()
    since = months if is_monthly else days.astype(np.int64)
    since = since - since[0]
    return np.asarray(since // max(int(np.gcd.reduce(np.diff(since))) if len(since) > 1 else 1, 1))


def seasons(y: Vector, dates: NDArray[np.datetime64], is_after: NDArray[np.bool_]) -> tuple[Matrix | None, str]:
    """Columns (T, k) of weekdays, or of the year's months (two waves), where y before the start shows them beyond its trend (F, p < .001)."""
    days, before = dates.astype("datetime64[D]").astype(np.int64), ~is_after
    gap, n = (int(np.median(np.diff(days))), int(before.sum())) if len(days) > 2 else (0, 0)
    if gap == 1 and n >= 28:
        weekday = days % 7
        present = np.unique(weekday[before])
        columns, name = (weekday[:, None] == present[None, 1:]).astype(np.float64), "weekdays"
    elif 28 <= gap <= 31 and n >= 36:
        angle = 2 * math.pi * (dates.astype("datetime64[M]").astype(np.int64) % 12) / 12
        columns, name = np.column_stack([np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]), "months"
    else:
        return None, ""
    trend = np.column_stack([np.ones(n), np.arange(n, dtype=np.float64)])
    both = np.column_stack([trend, columns[before]])

    def left(design: Matrix) -> float:
        return float(((y[before] - design @ np.linalg.lstsq(design, y[before], rcond=None)[0]) ** 2).sum())

    k, degrees = columns.shape[1], n - both.shape[1]
    rest = left(both)
    if not k or rest <= 0 or fdtrc(k, degrees, (left(trend) - rest) / k / (rest / degrees)) >= 1e-3:
        return None, ""
    return columns, name


def panel_effect(panel: Panel, design: str, level: float = 0.95, tails: int = 2) -> Effect:
    """The effect of a test of `design` synthetic_control, tbr or its; the last with a control where there are untreated units."""
    kept = panel.complete()
    n_treated, n_control = int(kept.is_treated.sum()), int((~kept.is_treated).sum())
    given = np.isfinite(panel.value).any(axis=1)
    left_out = int(given.sum()) - n_treated - n_control
    nothing = Effect("", n_treated, n_control)
    if not n_treated:
        return replace(nothing, reason="no treated unit has an outcome on every day")
    if not n_control and (design != "its" or (given & ~panel.is_treated).any()):
        return replace(nothing, reason="no control unit has an outcome on every day")
    if not (kept.phase == 0).any() or not (kept.phase == 1).any():
        return replace(nothing, reason="no day before the test, or none in it, has outcomes of most units")
    if kept.dates[kept.phase == 0].max() > kept.dates[kept.phase > 0].min():
        return replace(nothing, reason="a day of the period before lies after the start of the test")
    found = {"synthetic_control": _synthetic, "tbr": _time_based, "its": _interrupted}[design](kept, level, tails)
    method = f"{found.method}; {left_out} units without a full record left out" if left_out else found.method
    return replace(found, method=method, n_treated=n_treated, n_control=n_control)


def _finished(panel: Panel, test: Limits, whole: Limits, **said: object) -> Effect:
    """An effect per unit and day with its per cent, and its total over test and cooldown."""
    treated, days = panel.is_treated, panel.phase == 1
    shown = float(np.average(panel.series(treated)[days]))
    base = float(panel.base[np.ix_(treated, panel.phase > 0)].sum())
    effect = Effect("", 0, 0, effect=test, total=times(whole, base) if panel.has_total else None, **said)  # type: ignore[arg-type]
    percent = percent_of_what_would_have_been(test, shown) if panel.kind != "score" or shown > 0 else None
    return replace(effect, percent=percent)


def _test_and_whole(panel: Panel) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Days of the estimate of the effect, and of that of the total, which has the cooldown too."""
    return panel.phase <= 1, panel.phase >= 0


def _synthetic(panel: Panel, level: float, tails: int) -> Effect:
    n_before = int((panel.phase == 0).sum())
    levels = panel.value / panel.base
    treated, donors = levels[panel.is_treated], levels[~panel.is_treated]
    said = ""
    if len(donors) > MOST_DONORS:
        far = ((donors - treated.mean(axis=0))[:, :n_before] ** 2).sum(axis=1)
        donors = donors[np.sort(np.argsort(far, kind="stable")[:MOST_DONORS])]
        said = f" (the {MOST_DONORS} nearest)"
    weight = panel.weight[panel.is_treated]
    if weight.min() < weight.max():
        return Effect("", 0, 0, reason="treated units of unequal weight have no synthetic control here")
    test, whole = _test_and_whole(panel)

    def fitted(days: NDArray[np.bool_]) -> Synthetic:
        return synthetic_control(treated[:, days], donors[:, days], n_before, level=level, tails=tails)

    found = fitted(test)
    if found.reason:
        return Effect("", 0, 0, reason=found.reason)
    total = found if test.sum() == whole.sum() else fitted(whole)
    placebos = f"; placebo test over {found.n_placebos:,} {'sets of ' if len(treated) > 1 else ''}donors" if found.n_placebos else ""
    return replace(
        _finished(panel, (found.effect, found.lo, found.hi), (total.effect, total.lo, total.hi)),
        method=f"synthetic control{', demeaned,' if found.is_demeaned else ''} of {len(donors)} donors{said}{placebos}",
        p_value=found.p_value,
        prefit_rmspe_pct=found.prefit_rmspe_pct,
        effect_demeaned=found.effect_demeaned,
        interval_reason=found.interval_reason,
    )


def _time_based(panel: Panel, level: float, tails: int) -> Effect:
    treated, control, time = panel.series(panel.is_treated), panel.series(~panel.is_treated), steps(panel.dates)
    is_after, before = panel.phase > 0, panel.phase == 0

    def foretold(days: NDArray[np.bool_], after: NDArray[np.bool_], level: float, tails: int) -> Foretold:
        return time_based_regression(treated[days], control[days], time[days], after[days], level, tails)

    test_days, whole_days = _test_and_whole(panel)
    test = foretold(test_days, is_after, level, tails)
    if test.reason:
        return Effect("", 0, 0, reason=test.reason)
    whole = test if test_days.sum() == whole_days.sum() else foretold(whole_days, is_after, level, tails)
    played = _played_test(panel)
    placebo = None if played is None else foretold(before, played, 0.95, 2)

    def a_day(found: Foretold) -> Limits:
        return times((found.total, found.lo, found.hi), 1 / found.days)

    return replace(
        _finished(panel, a_day(test), a_day(whole)),
        method=f"time-based regression on the control group; errors of AR(1), correlation {test.rho:.2f}, "
        f"interval {test.error / test.plain_error:.2f} times that of independent days",
        p_value=test.p_value,
        pretrend_p=None if placebo is None or placebo.reason else placebo.p_value,
        prefit_rmspe_pct=test.prefit_rmspe_pct,
    )


def _interrupted(panel: Panel, level: float, tails: int) -> Effect:
    treated, time, before = panel.series(panel.is_treated), steps(panel.dates), panel.phase == 0
    has_control = not panel.is_treated.all()
    y, how = treated, ""
    if has_control:
        control = panel.series(~panel.is_treated)
        mean, of_control = float(treated[before].mean()), float(control[before].mean())
        is_scaled = panel.kind in ("money", "count") and mean > 0 and of_control > 0
        y = treated - control * (mean / of_control if is_scaled else 1.0)
        how = f"; treated less control{', brought to the same size' if is_scaled else ''}"
    columns, name = seasons(y, panel.dates, ~before)

    def interrupted(days: NDArray[np.bool_], after: NDArray[np.bool_], level: float, tails: int) -> Interruption:
        return interrupted_time_series(y[days], time[days], after[days], None if columns is None else columns[days], level, tails)

    test_days, whole_days = _test_and_whole(panel)
    test = interrupted(test_days, ~before, level, tails)
    if test.reason:
        return Effect("", 0, 0, reason=test.reason)
    whole = test if test_days.sum() == whole_days.sum() else interrupted(whole_days, ~before, level, tails)
    if whole.reason:
        return Effect("", 0, 0, reason=whole.reason)
    played = _played_test(panel) if has_control else None
    placebo = None if played is None else interrupted(before, played, 0.95, 2)
    segments = "level and slope" if test.has_slope else "level"
    return replace(
        _finished(panel, (test.effect, test.lo, test.hi), (whole.effect, whole.lo, whole.hi)),
        method=f"segmented regression ({segments}{', ' + name if name else ''}) by REML AR(1), correlation {test.rho:.2f}, "
        f"t on {test.degrees:.1f} degrees of freedom{how}",
        p_value=test.p_value,
        pretrend_p=None if placebo is None or placebo.reason else placebo.p_value,
    )


def _played_test(panel: Panel) -> NDArray[np.bool_] | None:
    """Of the days before the test those last ones that play a test (T); None where they are too few."""
    before = np.flatnonzero(panel.phase == 0)
    if len(before) < FEWEST_FOR_PLACEBO:
        return None
    played = np.zeros(len(panel.phase), dtype=np.bool_)
    played[before[-max(1, min(int((panel.phase == 1).sum()), len(before) // 3)) :]] = True
    return played

"""Rows of an estimator -> a small SVG: cover in each world with its Monte Carlo error, the promised band, and false positives."""

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from calibration.estimators import estimators
from calibration.report import PLOTS
from calibration.study import PASSED, Row

# Okabe and Ito's colours, which colour-blind people tell apart; marks differ in shape as well
MEETS, HOSTILE, CAUSAL, BAND = "#0072B2", "#D55E00", "#000000", "#BBDDEE"


def _panel(axes: Axes, rows: Sequence[Row], values: Sequence[float | None], errors: Sequence[float | None]) -> None:
    for meets, colour, mark in ((True, MEETS, "o"), (False, HOSTILE, "s")):
        shown = [
            (place, value, 1.96 * (error or 0.0))
            for place, (row, value, error) in enumerate(zip(rows, values, errors, strict=True))
            if value is not None and value == value and (row.world == "assumptions") == meets
        ]
        axes.hlines(
            [place for place, _, _ in shown], [x - width for _, x, width in shown], [x + width for _, x, width in shown], colors=colour
        )
        axes.plot([x for _, x, _ in shown], [place for place, _, _ in shown], mark, color=colour, markersize=5)
    for place, value in enumerate(values):
        if value is not None and value != value:
            axes.text(0.5, place, "no interval is given", transform=axes.get_yaxis_transform(), fontsize=8, ha="center", va="center")


def draw(rows: Sequence[Row]) -> Figure:
    """Worlds from top to bottom as they are listed."""
    estimator = estimators()[rows[0].estimator]
    has_false = any(row.false_positive_rate is not None for row in rows)
    figure = Figure(figsize=(7.2, 0.9 + 0.34 * len(rows)), layout="constrained")
    panels = figure.subplots(1, 2 if has_false else 1, sharey=True, squeeze=False, width_ratios=[2, 1] if has_false else [1])[0]
    cover = panels[0]
    if estimator.is_check:
        _panel(cover, rows, [row.found_rate for row in rows], [0.0 for _ in rows])
    else:
        cover.axvspan(*PASSED, color=BAND, zorder=0)
        _panel(cover, rows, [row.cover for row in rows], [row.cover_error for row in rows])
    for place, row in enumerate(rows):
        if row.causal_cover is not None:
            cover.plot(row.causal_cover, place, "d", color=CAUSAL, markerfacecolor="none", markersize=7)
    lowest = min(
        [row.cover for row in rows if row.cover == row.cover] + [row.causal_cover for row in rows if row.causal_cover is not None] + [0.85]
    )
    cover.set_xlim(-0.03 if estimator.is_check else max(-0.03, lowest - 0.05), 1.02)
    cover.set_yticks(range(len(rows)), [row.world for row in rows])
    cover.set_ylim(len(rows) - 0.5, -0.5)
    causal = "; diamond: of the effect" if any(row.causal_cover is not None for row in rows) else ""
    what = "share of companies in which it is found" if estimator.is_check else f"share of 95 % intervals that contain the truth{causal}"
    cover.set_xlabel(what, fontsize=8)
    cover.set_title(estimator.name, fontsize=9, loc="left")
    if has_false:
        panels[1].axvline(0.05, color=BAND, linewidth=4, zorder=0)
        _panel(panels[1], rows, [row.false_positive_rate for row in rows], [row.false_positive_error for row in rows])
        panels[1].set_xlim(-0.01, max(0.15, *(1.1 * (row.false_positive_rate or 0.0) for row in rows)))
        panels[1].set_xlabel("false positives", fontsize=8)
    for axes in panels:
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_all(rows: Sequence[Row]) -> None:
    """docs/calibration/<estimator>.svg; text stays text, and nothing in the file depends on the day or the run."""
    PLOTS.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "goodwill", "font.family": "sans-serif"}):
        for name in dict.fromkeys(row.estimator for row in rows):
            figure = draw([row for row in rows if row.estimator == name])
            figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None, "Creator": None})

"""Rows -> dbt_project/seeds/calibration.csv, which the marts read, and docs/calibration.md."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from calibration.estimators import estimators
from calibration.study import FALSE, PASSED, WEAK, WORLDS, Estimator, Row

PROJECT = Path(__file__).resolve().parent.parent
SEED_FILE = PROJECT / "dbt_project" / "seeds" / "calibration.csv"
PAGE = PROJECT / "docs" / "calibration.md"
PLOTS = PROJECT / "docs" / "calibration"
NOT_TRIED = {
    "board.*": "a scorecard and objectives repeat figures of the other marts",
    "*: model": "the range over credit rules and lookbacks is no interval of anything",
    "roi.markov_channels": "shares by removal effect are exact for the journeys that were seen, and have no interval",
    "roi.customer_value": "one customer's range is a guess of the fit, not promised to anybody; totals are",
    "roi.customer_value_fits: parameters": "limits of fitted parameters, by the curvature of the likelihood; what is promised are the totals",
    "relationships.indicators: replies_total, distinct_reply_share, needs_reply_given_share, sentiment_scored_share, net_density, net_reciprocity": "counts, or shares of all there is",
}
WHOLE, TEXT = ("replicates",), ("estimator", "world")
SHARES = ("refused_share", "cover", "cover_error", "false_positive_rate", "false_positive_error", "causal_cover", "found_rate")


def _written(name: str, value: object) -> str:
    """Shares to 4 places, sizes to 4 digits: more would be noise of the simulation."""
    if value is None or value != value:
        return ""
    if name in TEXT or name in WHOLE:
        return str(value)
    assert isinstance(value, float)
    return f"{value:.4f}" if name in SHARES else f"{value:.4g}"


def _read(name: str, text: str) -> object:
    if name in TEXT:
        return text
    if not text:
        return None if name.startswith(("false_", "causal_", "found_")) else math.nan
    return int(text) if name in WHOLE else float(text)


def _lines(path: Path) -> list[Row]:
    names = [field.name for field in fields(Row)]
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [Row(**{name: _read(name, line[name]) for name in names}) for line in csv.DictReader(file)]  # type: ignore[arg-type]


def stored(path: Path = SEED_FILE) -> list[Row]:
    """What has been drawn so far, in the order of the estimators."""
    rows = {(row.estimator, row.world): row for row in _lines(path)}
    order = [(name, world.name) for name, estimator in estimators().items() for world in estimator.worlds]
    return [rows[key] for key in order if key in rows]


def store(new: Sequence[Row], path: Path = SEED_FILE) -> None:
    """Put these rows in the place of those of the same estimators; an estimator or world that there is no more is dropped."""
    names = [field.name for field in fields(Row)]
    drawn = {row.estimator for row in new}
    rows = {(row.estimator, row.world): row for row in [*(row for row in stored(path) if row.estimator not in drawn), *new]}
    order = [(name, world.name) for name, estimator in estimators().items() for world in estimator.worlds]
    lines = [[_written(name, getattr(rows[key], name)) for name in names] for key in order if key in rows]
    unfinished = path.with_suffix(".unfinished")  # a model that reads the seed meanwhile finds the old rows or the new
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *lines])
    unfinished.replace(path)


def failures(rows: Sequence[Row]) -> Iterator[str]:
    """Worlds that meet the assumptions and are not covered as promised, and checks that find what is not there too often, or too seldom."""
    for row in rows:
        if row.world != "assumptions":
            continue
        if not estimators()[row.estimator].is_check:
            if not PASSED[0] <= row.cover <= PASSED[1]:
                yield f"{row.estimator}: covers {row.cover:.1%} in the world that meets its assumptions"
        elif row.false_positive_rate is None or row.false_positive_rate > FALSE:
            yield f"{row.estimator}: finds in {row.false_positive_rate:.1%} what is not there in the world that meets its assumptions"


def _percent(value: float | None, error: float | None = None) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{100 * value:.1f}" + (f" ± {100 * error:.1f}" if error is not None else "")


def _size(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _verdict(row: Row) -> str:
    if estimators()[row.estimator].is_check:
        return "as promised" if row.false_positive_rate is not None and row.false_positive_rate <= FALSE else "**too many false positives**"
    if math.isnan(row.cover):
        return "refused"
    if row.cover < WEAK:
        found = "**below 90 %**"
    elif PASSED[0] <= row.cover <= PASSED[1]:
        found = "as promised"
    else:
        found = "too wide" if row.cover > PASSED[1] else "short"
    return f"{found}; **misses the effect**" if row.causal_cover is not None and row.causal_cover < WEAK else found


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| estimator | world | companies | refused % | cover % | mean width | truth | bias | false positives % | found % | effect covered % | bias to the effect | |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    for row in rows:
        cells = [
            row.estimator,
            row.world,
            f"{row.replicates:,}",
            _percent(row.refused_share),
            _percent(row.cover, row.cover_error),
            _size(row.mean_width),
            _size(row.truth),
            _size(row.bias),
            _percent(row.false_positive_rate, row.false_positive_error),
            _percent(row.found_rate),
            _percent(row.causal_cover),
            _size(row.causal_bias),
            _verdict(row),
        ]
        yield "| " + " | ".join(cells) + " |"


def _subjects() -> dict[str, list[Estimator]]:
    found: dict[str, list[Estimator]] = {}
    for estimator in estimators().values():
        found.setdefault(estimator.subject, []).append(estimator)
    return found


def _page(rows: Sequence[Row]) -> Iterator[str]:
    yield "# Calibration: how often an interval contains the truth"
    yield ""
    yield "Made by `make calibrate` from simulated small companies whose truth was planted; nothing on this page is written by hand. What is tried is the"
    yield "product's own SQL and Python, many companies in one query. Promised: 93 to 97 % of the intervals contain the truth in the world that meets the"
    yield "assumptions. In the other worlds the figures are published as they are, failures included; below 90 % a mart's row says so beside its interval."
    yield ""
    yield "- *cover*: share of the companies shown an interval in which it contains the truth, with its Monte Carlo standard error; *refused*: shown none."
    yield "- *truth*, *bias*: of the estimand that is named, in its own unit. For attribution that is what the credit rule would give in the whole population,"
    yield "  never the effect; how far it is from the effect stands in *bias to the effect*, and *effect covered* is how often its interval contains the effect."
    yield "- *false positives*: share of companies with nothing planted in which something is found at 5 %; *found*: of those with something planted."
    yield "- A check has no interval: its p value alone is tried, and its false positives are promised to be at most 7 %."
    yield "- In a plot: the promised range is shaded, circles are the world that meets the assumptions, squares the others, bars 95 % of the simulation's own error."
    yield ""
    yield "| world | what is wrong in it, unless its estimator says otherwise |"
    yield "|---|---|"
    yield from (f"| {name} | {about} |" for name, about in WORLDS.items())
    missing = [name for name in estimators() if name not in {row.estimator for row in rows}]
    if missing:
        yield ""
        yield f"Not drawn yet: {', '.join(missing)}."
    yield ""
    yield "Every published interval and p value is here, under the estimator that makes it (*shown in*; a test holds the marts against this list), but for:"
    yield ""
    yield from (f"- `{name}`: {why}." for name, why in NOT_TRIED.items())
    for subject, members in _subjects().items():
        shown = [row for row in rows if row.estimator in {estimator.name for estimator in members}]
        if not shown:
            continue
        yield ""
        yield f"## {subject}"
        for estimator in members:
            if not any(row.estimator == estimator.name for row in shown):
                continue
            yield ""
            own = [f"{world.name}: {world.about}" for world in estimator.worlds if world.about]
            shown_in = ", ".join(f"`{name}`" for name in estimator.shows)
            yield (
                f"**{estimator.title}** (`{estimator.name}`). Estimand: {estimator.estimand}. Code: {estimator.code}."
                + (f" {estimator.note}" if estimator.note else "")
                + (f" Worlds: {'; '.join(own)}." if own else "")
                + f" Shown in: {shown_in}."
            )
            yield ""
            yield f"![cover of {estimator.name} in each world](calibration/{estimator.name}.svg)"
        yield ""
        yield from _table(shown)


def page(rows: Sequence[Row]) -> str:
    """docs/calibration.md."""
    return "\n".join(line.rstrip() for line in _page(rows)) + "\n"

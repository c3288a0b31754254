"""The published file -> the page that a run ends with: money beside people, each with its interval, and what nobody can say."""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.page import page_path
from pipelines.page.published import IS_UNKNOWN, ON_DAY, UNKNOWN
from pipelines.progress import fitting, printable
from pipelines.run import RunReport
from pipelines.settings import PROJECT, Settings

BAR = 29
Row = tuple[Any, ...]

MONEY = """
with latest as (select max(month) as month from roi.channel_summary where is_mature)
select month, channel, attributed_roi, lo, hi, evidence_grade, iroi, iroi_lo, iroi_hi, headline, revenue, full_cost, currency, n, suppressed_reason, plan_units, plan_weeks, plan_detectable_effect, experiment_starts_on, experiment_ends_on, experiment_units
from roi.channel_summary inner join latest using (month)
where channel <> 'unattributed' and (full_cost > 0 or coalesce(n, 0) > 0)
order by attributed_roi desc nulls last, revenue desc nulls last, channel
"""
# The last quarter that is over and of which something is known, else the one that runs.
PEOPLE = """
with quarters as (
    select quarter from board.scorecard where side = 'people' and value is not null
    group by quarter order by bool_or(state = 'immature'), quarter desc limit 1
)
select quarter, audience, measure, value, lo, hi, n, state, suppressed_reason
from board.scorecard inner join quarters using (quarter)
where side = 'people'
order by audience, value is null, measure
"""
MEGAPHONES = "select extract('year' from quarter), extract('quarter' from quarter), audience, measure from board.scorecard where is_megaphone and side = 'people' order by all"
OBJECTIVES = "select title, audience, state, value, lo, hi, target, direction, due_on, reason from board.objectives order by due_on, title"
ROWS = """
with latest as (select max(date) as date from board.data_trust)
select source, rows, fresh_until, api_total, loaded_total, duplicates, quarantined, untagged_links, failed_checks
from board.data_trust inner join latest using (date) order by rows desc nulls last, source
"""
MISSING_COSTS = """
select channel, kind, count(*) as months from roi.channel_costs where cost_coverage in ('missing', 'no exchange rate') group by all order by months desc, channel, kind
"""
UNKNOWN_FIELDS = "select source, entity, string_agg(measure, ', ' order by measure) from core.coverage where state = 'unknown_field' group by all order by all"
EMPTY_MARTS = "select entity, reason from core.coverage where source = 'goodwill' and state = 'not_given' order by all"


def interval(value: float | None, lo: float | None, hi: float | None, scale: tuple[float, float], is_ascii: bool) -> str:
    """One line of text that shows where value, lo and hi lie on a scale; `:` is zero."""
    left, right = scale
    lowest, middle, highest, line, zero = ("|", "o", "|", "-", ":") if is_ascii else ("├", "●", "┤", "─", "┊")
    cells = [" "] * BAR

    def at(x: float) -> int:
        return min(BAR - 1, max(0, round((x - left) / (right - left) * (BAR - 1)))) if right > left else BAR // 2

    if left <= 0 <= right:
        cells[at(0)] = zero
    if lo is not None and hi is not None:
        cells[at(lo) : at(hi) + 1] = line * (at(hi) - at(lo) + 1)
        cells[at(lo)], cells[at(hi)] = lowest, highest
    if value is not None:
        cells[at(value)] = middle
    return "".join(cells)


def number(value: float | None) -> str:
    """Three significant digits; thousands are separated."""
    if value is None:
        return ""
    value = float(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _bounded(value: float | None, lo: float | None, hi: float | None) -> str:
    if value is None:
        return "not measured"
    return number(value) + (f" [{number(lo)}, {number(hi)}]" if lo is not None and hi is not None else "")


class Page:
    """Where the page is written; all text goes through here, so that none of it is read as markup or moves the cursor."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.is_ascii = console.options.ascii_only

    def text(self, text: object, style: str = "") -> Text:
        return Text(fitting(printable(text), self.console), style=style)

    def say(self, text: object = "", style: str = "", indent: str = "  ") -> None:
        self.console.print(Text(indent if str(text) else "").append(self.text(text, style)), soft_wrap=True)

    def head(self, text: str) -> None:
        self.console.print()
        self.console.print(self.text(text, "bold"), soft_wrap=True)

    def table(self, names: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=any(names))
        for index, name in enumerate(names):
            table.add_column(name, justify="right" if index in right else "left", overflow="fold", no_wrap=index != len(names) - 1)
        for row in rows:
            # an interval's blanks are its scale: not printable(), which folds them
            table.add_row(*(cell if isinstance(cell, Text) else self.text("" if cell is None else cell) for cell in row))
        indented = Table.grid(padding=0)
        indented.add_column(width=2)
        indented.add_column()
        indented.add_row("", table)
        self.console.print(indented)


def _scale(bounds: Iterable[float | None]) -> tuple[float, float]:
    known = [float(bound) for bound in bounds if bound is not None]
    return min([0.0, *known]), max([0.0, *known])


def _money(page: Page, rows: list[Row]) -> None:
    if not rows:
        page.head("Money: nothing to show yet")
        page.say("no month has both costs and customers that a channel can be credited with")
        return
    page.head(f"Money: return on social cost by channel, 12 months to the end of {rows[0][0]:%B %Y}")
    known = [row for row in rows if row[2] is not None]
    scale = _scale(bound for row in known for bound in row[2:5])
    lines = []
    for _, channel, roi, lo, hi, _, _, _, _, _, revenue, cost, currency, n, reason, *_ in rows:
        drawn = Text(interval(roi, lo, hi, scale, page.is_ascii)) if roi is not None else page.text("not measured", "dim")
        note = f"{number(revenue)} {currency} credited, {number(cost)} spent, {n or 0} customers" if roi is not None else reason
        lines.append((channel, drawn, _bounded(roi, lo, hi) if roi is not None else "", "D" if roi is not None else "", note))
    page.table(("channel", "attributed ROI", "value [lo, hi]", "grade", ""), lines)
    page.say(
        "grade D is credit, not effect: the rule `linear` shares each sale among the touches before it; the interval is the wider of sampling and rules"
    )
    tested = [row for row in rows if (row[9] or "").startswith("tested")]
    for _, channel, _, _, _, grade, iroi, lo, hi, headline, *_, starts_on, ends_on, units in tested:
        shown = f"incremental ROI {_bounded(iroi, lo, hi)}" if iroi is not None else "no return can be told, roi.experiments says why"
        page.say(f"{channel}: {headline}, {shown}, grade {grade}, {units} units from {starts_on} to {ends_on}")
    untested = [str(row[1]) for row in rows if row not in tested]
    if untested:
        planned = next((row for row in rows if row[15] is not None), None)
        cure = (
            f"{planned[1]}: {planned[15]} units, {planned[16]} weeks would show {number(planned[17])}"
            if planned
            else "a randomised regional holdout (grade A)"
        )
        page.say(f"no causal estimate{' for ' + ', '.join(untested) if tested else ''}; what would give one: {cure}", "bold")


def _people(page: Page, rows: list[Row], is_unknown: bool) -> None:
    if not rows:
        page.head("People: nothing to show yet")
        few = "no quarter has enough conversation with any audience: a rate needs 30 independent people or threads"
        page.say(UNKNOWN if is_unknown else few)
        return
    quarter = rows[0][0]
    page.head(f"People: relationship indicators by audience, {quarter.year} Q{(quarter.month + 2) // 3}")
    lines: list[Sequence[object]] = []
    said = None
    for _, audience, measure, value, lo, hi, n, state, reason in rows:
        is_share = value is not None and max(abs(float(x)) for x in (value, lo or 0, hi or 0)) <= 1
        drawn = Text(interval(value, lo, hi, (0.0, 1.0), page.is_ascii)) if is_share else Text("")
        shown = "too few" if state == "suppressed" else _bounded(value, lo, hi)
        note = f"n {n:,}{', so far' if state == 'immature' else ''}" if value is not None and n is not None else reason
        lines.append((audience if audience != said else "", measure, drawn, shown, note))
        said = audience
    page.table(("audience", "indicator", "0" + " " * (BAR - 2) + "1", "value [lo, hi]", ""), lines)


def _objectives(page: Page, rows: list[Row]) -> None:
    page.head("Objectives")
    if not rows:
        page.say("none is written down: inbox/objectives/ takes them (title, mart, measure, target, due_on, direction)")
        return
    lines = [
        (
            state.replace("_", " "),
            title,
            _bounded(value, lo, hi),
            f"{'at least' if direction == 'up' else 'at most'} {number(target)} by {due_on}",
            reason,
        )
        for title, _, state, value, lo, hi, target, direction, due_on, reason in rows
    ]
    page.table(("state", "objective", "value [lo, hi]", "target", ""), lines)


def _gaps(page: Page, report: RunReport | None, trust: list[Row], costs: list[Row], unknown: list[Row], empty: list[Row]) -> None:
    """What failed, and what nobody can say; nothing of it is filled in."""
    lines: list[tuple[str, object]] = []
    for result in report.loads if report else ():
        if result.state in ("failed", "not_configured"):
            lines.append((f"{result.source}: {result.state.replace('_', ' ')}", (result.reason or "").removeprefix("not configured: ")))
    lines += [("warning", warning) for warning in (report.warnings if report else ())]
    lines += [("check failed", result.message) for result in (report.checks if report else ()) if not result.passed]
    for source, _, _, _, _, _, refused, untagged, _ in trust:
        if refused:
            lines.append(
                (
                    f"{source}: {refused} files refused",
                    "whole, each with its line and column; see raw_goodwill.refused_files in the warehouse",
                )
            )
        if untagged:
            lines.append((f"{source}: {untagged:,} touches", "whose channel no rule knows: dbt_project/seeds/ holds the rules"))
    lines += [(f"cost missing: {channel}", f"{kind}, in {months} months: no ROI is given for them") for channel, kind, months in costs[:6]]
    lines += [(f"unknown fields: {source}.{entity}", fields) for source, entity, fields in unknown]
    lines += [(f"{mart} is empty", reason) for mart, reason in empty]
    page.head("What failed or is not measured")
    if lines:
        page.table(("", ""), lines)
    else:
        page.say("nothing: every source answered, every check held, every cost was given")


def _rows(page: Page, report: RunReport | None, trust: list[Row]) -> None:
    page.head("Where the numbers come from")
    new = {result.source: sum(result.rows.values()) for result in report.loads} if report else {}
    lines = [
        (
            source,
            f"{rows or 0:,}",
            f"{new.get(source, 0):,}",
            f"{duplicates or 0:,}",
            f"{fresh:%Y-%m-%d %H:%M}" if fresh else "files" if source == "files" else "",
            api and f"{loaded:,} of {api:,}",
        )
        for source, rows, fresh, api, loaded, duplicates, *_ in trust
    ]
    page.table(("source", "rows", "new", "set aside", "answered (UTC)", "loaded of what it says it has"), lines, right=(1, 2, 3))


def _next(page: Page, settings: Settings, report: RunReport | None) -> None:
    page.head("Where to look next")
    path = settings.published_path.relative_to(PROJECT) if settings.published_path.is_relative_to(PROJECT) else settings.published_path
    html = page_path(path)
    page.table(
        ("", ""),
        [
            (html, "the same as a page with its charts, for a browser, a mail or paper; each figure opens what it means"),
            (path, "every published mart; open it read-only at any time (each column says what it means: duckdb_columns())"),
            ("core.coverage", "what is not given, and why"),
            ("goodwill sources", "what is configured, what is missing"),
            ("make docs, make dev", "what each number is made of; the way of the data, step by step"),
        ],
    )
    if report:
        stages = ", ".join(f"{step.name} {step.seconds:.1f}" for step in report.steps if step.seconds >= 0.05)
        page.say()
        page.say(f"{report.seconds:.0f} s in all ({stages}); log: {report.log_path}", "dim")
    if settings.is_key_made:
        page.say(f"persons' keys are made with {settings.key_path}: keep a copy, or set GOODWILL_KEY", "dim")


def _failed(page: Page, settings: Settings, report: RunReport) -> None:
    page.head("Nothing was published")
    page.say(report.failure, "bold red")
    page.say(
        f"what was published before stands as it was: {settings.published_path}"
        if settings.published_path.exists()
        else "nothing was published before"
    )
    for result in report.loads:
        if result.state == "failed":
            page.say(f"{result.source} failed: {result.reason}")
    page.say(f"all that was said on the way: {report.log_path}")
    page.say("what could be wrong on this machine: goodwill doctor; when it is cured, the same command goes on from here")


def print_page(settings: Settings, report: RunReport | None, console: Console) -> None:
    """Print the page; `report` adds what only the run knows. Numbers come from the published file alone."""
    page = Page(console)
    if report is not None and not report.is_published:
        _failed(page, settings, report)
        return
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:

        def rows(sql: str) -> list[Row]:
            return connection.execute(sql).fetchall()

        trust = rows(ROWS)
        day = rows(f"select {ON_DAY} from board.data_trust")[0][0]
        page.head(f"Goodwill{' of the demo company' if settings.is_demo else ''}{f', as of {day}' if day else ''}")
        for year, quarter, audience, measure in rows(MEGAPHONES):
            page.say(f"MEGAPHONE, {year} Q{quarter}: credited return rose while {measure} with {audience} fell", "bold red")
        if not any(row[1] for row in trust):
            page.say(
                "nothing to show yet, because no source gave a row: put files below inbox/<entity>/, or set a token in .env (see .env.example)",
                "bold",
            )
        else:
            _money(page, rows(MONEY))
            _people(page, rows(PEOPLE), rows(IS_UNKNOWN)[0][0])
            _objectives(page, rows(OBJECTIVES))
        _gaps(page, report, trust, rows(MISSING_COSTS), rows(UNKNOWN_FIELDS), rows(EMPTY_MARTS) if any(row[1] for row in trust) else [])
        _rows(page, report, trust)
    _next(page, settings, report)

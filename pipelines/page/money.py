"""roi.* -> what experiments found, what is credited to each channel, and what the platforms claim: three kinds of evidence, never mixed."""

from pipelines.page import marks, words
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, data_table, joined, tag
from pipelines.page.published import Published, Row

SUMMARY, EXPERIMENTS = "roi.channel_summary", "roi.experiments"
CHANNELS = """
with latest as (select coalesce(max(month) filter (where is_mature), max(month)) as month from roi.channel_summary)
select summary.*, coalesce(channels.name, upper(summary.channel[1]) || summary.channel[2:]) as name
from roi.channel_summary as summary
inner join latest using (month)
left join core.channels as channels on summary.channel = channels.channel
where summary.full_cost > 0 or coalesce(summary.n, 0) > 0 or coalesce(summary.revenue, 0) <> 0 or summary.iroi is not null
order by summary.attributed_roi desc nulls last, summary.revenue desc nulls last, summary.channel
"""
TESTED = f"""
select experiments.*, coalesce(channels.name, experiments.channel, experiments.campaign_id, 'all channels') as name
from {EXPERIMENTS} as experiments
left join core.channels as channels on experiments.channel = channels.channel
order by evidence_grade, ends_on desc, experiment_id, is_primary desc, outcome
"""
CLAIMS = """
with latest as (select coalesce(max(month) filter (where is_mature), max(month)) as month from roi.channel_summary)
select summary.month, summary.channel, coalesce(channels.name, summary.channel) as name, summary.claimed_ratio, summary.month = latest.month as is_latest
from roi.channel_summary as summary
cross join latest
left join core.channels as channels on summary.channel = channels.channel
where summary.claimed_ratio is not null and summary.month <= latest.month
order by summary.channel, summary.month
"""
WINDOWS = "select channel, string_agg(distinct claim_window, ', ' order by claim_window) as windows from core.ad_days where claim_window is not null group by channel order by channel"
GRADES = (
    ("A", "randomised experiment"),
    ("B", "comparison over time with a control"),
    ("B-", "the same without a control"),
    ("C", "adjusted comparison"),
    ("D", "attribution: credit, not effect"),
    ("E", "what the platform claims"),
)
DESIGNS = {
    "randomised": "randomised",
    "did": "difference in differences",
    "synthetic_control": "synthetic control",
    "its": "interrupted time series",
    "tbr": "time-based regression",
}
CURE = "What would give one: keep a channel from regions or accounts drawn by chance, for some weeks, and compare (grade A)."


def _ticks(scale: marks.Scale) -> list[tuple[float, str]]:
    """Zero, and two or three round returns beside it."""
    reach = scale[1] - scale[0]
    step = next((step for step in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 500) if reach / step <= 6), reach / 4)
    first, last = int(scale[0] / step) - 1, int(scale[1] / step) + 1
    places = [(index * step, words.figure(index * step, "return") if index else "0") for index in range(first, last + 1)]
    return places


def _credited(row: Row, scale: marks.Scale, glossary: Glossary) -> Markup:
    figure = glossary.number(
        row.attributed_roi, row.lo, row.hi, SUMMARY, "attributed_roi", row.method if row.interval_kind == "sampling" else row.interval_kind
    )
    limits = words.interval(row.lo, row.hi, "return")
    said = f"credited return {words.figure(row.attributed_roi, 'return')}, interval {limits or 'not known'}, grade D"
    drawn = marks.strip(marks.Point(0, float(row.attributed_roi), marks.known(row.lo), marks.known(row.hi)), scale, "D", row.name, said)
    return tag(
        "tr",
        tag("th", row.name, scope="row"),
        tag("td", drawn, class_="drawn"),
        tag("td", figure, " ", marks.sign("D"), class_="num"),
        tag("td", *_account(row, glossary), class_="small"),
    )


def _account(row: Row, glossary: Glossary) -> list[object]:
    def money(value: words.Number | None, column: str) -> Markup:
        return glossary.number(value, None, None, SUMMARY, column, None, row.currency or "")

    customers = glossary.opens(f"{row.n or 0:,}", SUMMARY, "n")
    spent = (money(row.full_cost, "full_cost"), " spent, ") if row.full_cost is not None else ("no cost known, ",)
    return [money(row.revenue, "revenue"), " credited, ", *spent, customers, " customers"]


def _silent(row: Row, glossary: Glossary) -> Markup:
    said = tag(
        "td", tag("span", "no return can be told", class_="none"), tag("small", row.suppressed_reason or "no reason is given"), colspan="2"
    )
    return tag("tr", tag("th", row.name, scope="row"), said, tag("td", *_account(row, glossary), class_="small"))


def _credit(rows: list[Row], glossary: Glossary) -> Markup:
    known = [row for row in rows if row.attributed_roi is not None]
    silent = [row for row in rows if row.attributed_roi is None]
    scale = marks.scale_of(*(figure for row in known for figure in (row.attributed_roi, row.lo, row.hi)))
    ruler = (
        tag("tr", tag("td"), tag("td", marks.axis(scale, _ticks(scale)), class_="drawn"), tag("td"), tag("td"), class_="ruler")
        if known
        else None
    )
    body = [*(_credited(row, scale, glossary) for row in known), ruler, *(_silent(row, glossary) for row in silent)]
    heads = ("Channel", "Credit, not effect; 0: the cost comes back", "Attributed ROI", "Twelve months")
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    return tag("table", head, tag("tbody", *(line for line in body if line is not None)), class_="credit")


def _without(rows: list[Row], glossary: Glossary) -> Markup | None:
    """Which channels no experiment may be quoted for, with the one that would change it."""
    untested = [row for row in rows if row.channel != "unattributed" and not (row.headline or "").startswith("tested")]
    if not untested:
        return None
    of = f" for {', '.join(row.name for row in untested)}" if any((row.headline or "").startswith("tested") for row in rows) else ""
    names: dict[tuple[str, str, str], list[str]] = {}
    for row in untested:
        if row.plan_units is not None and row.plan_weeks is not None and row.plan_detectable_effect is not None:
            weeks, difference = (
                words.plural(row.plan_weeks, "week"),
                words.figure(row.plan_detectable_effect, "share") + " with a chance of 80\u00a0%",
            )
            names.setdefault((f"{row.plan_units:,} units", weeks, difference), []).append(row.name)
    cures: list[object] = []
    for plan, named in names.items():
        columns = ("plan_units", "plan_weeks", "plan_detectable_effect")
        units, weeks, difference = (glossary.opens(said, SUMMARY, column) for said, column in zip(plan, columns, strict=True))
        told = ("a randomised test of", units, "for", weeks, "would show a difference of", joined((difference, ".")))
        cures.append(joined((f"{', '.join(named)}:", *told), " "))
    cures = cures or [CURE]
    return tag("div", tag("p", tag("b", f"No causal estimate{of}.")), *(tag("p", cure) for cure in cures), class_="callout")


def _measured(row: Row) -> tuple[str, words.Number | None, words.Number | None, words.Number | None]:
    """What an experiment is quoted by: its return, else its effect in per cent, else its effect as it was counted."""
    for column in ("iroi", "effect_pct", "effect_total"):
        if getattr(row, column) is not None:
            return column, getattr(row, column), getattr(row, f"{column}_lo"), getattr(row, f"{column}_hi")
    return "effect_total", None, None, None


def _experiment(row: Row, scale: marks.Scale, glossary: Glossary) -> Markup:
    column, value, lo, hi = _measured(row)
    limits = (
        words.interval(lo, hi, words.kind(column)) or f"no interval: {row.interval_reason or row.suppressed_reason or 'no reason is given'}"
    )
    grade = row.evidence_grade if row.evidence_grade in marks.SHAPES else "C"
    said = f"{words.label(row.outcome or column)}: {row.headline or 'not to be quoted'}; {limits}; grade {row.evidence_grade}"
    drawn = marks.strip(marks.Point(0, marks.known(value), marks.known(lo), marks.known(hi)), scale, grade, row.name, said)
    about = (
        row.headline if row.headline != "tested" else None,
        DESIGNS.get(row.design, row.design),
        f"{words.day(row.starts_on)} to {words.day(row.ends_on)}" if row.starts_on and row.ends_on else None,
        glossary.opens(words.plural(row.n_units, "unit"), EXPERIMENTS, "n_units") if row.n_units is not None else None,
        f"no interval: {row.interval_reason}" if row.interval_reason else None,
        f"demoted: {row.demoted_because}" if row.demoted_because else None,
        f"no return: {row.suppressed_reason}" if row.iroi is None and row.suppressed_reason else None,
    )
    figure = glossary.number(value, lo, hi, EXPERIMENTS, column, row.method, "%" if column == "effect_pct" else "")
    what = {"iroi": "return", "effect_pct": "change", "effect_total": "total effect"}[column]
    return tag(
        "tr",
        tag("th", row.name, tag("small", f"{words.label(row.outcome or '')}: {what}"), scope="row"),
        tag("td", drawn, class_="drawn"),
        tag("td", figure, " ", marks.sign(row.evidence_grade or "?"), class_="num"),
        tag("td", joined((part for part in about if part), ", "), class_="small"),
    )


def _experiments(rows: list[Row], glossary: Glossary) -> Markup | None:
    """Every experiment with its dates, units and interval, drawn to the scale of its kind; an inconclusive one says so."""
    if not rows:
        return None
    figures: dict[str, list[object]] = {}
    for row in rows:
        column, *quoted = _measured(row)
        figures.setdefault(column, []).extend(quoted)
    scales = {column: marks.scale_of(*quoted) for column, quoted in figures.items()}
    lines = [_experiment(row, scales[_measured(row)[0]], glossary) for row in rows]
    heads = ("Tested", "Dashed: no effect, or the cost just comes back", "Effect", "How")
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    return joined((tag("h3", "Effect, from experiments"), tag("table", head, tag("tbody", *lines), class_="credit")))


def section(published: Published, glossary: Glossary) -> Markup:
    rows, tested = published.rows(CHANNELS), published.rows(TESTED)
    if not rows:
        said = tag(
            "p", "Nothing to show yet, because no month has both costs and customers that a channel can be credited with.", class_="empty"
        )
        return tag("section", tag("h2", "Return by channel"), _experiments(tested, glossary), said, id="roi")
    month = rows[0].month
    key = tag("ul", *(tag("li", marks.sign(grade), " ", said) for grade, said in GRADES), class_="grades", aria_label="Evidence grades")
    listed = [
        (
            row.name,
            glossary.number(row.attributed_roi, row.lo, row.hi, SUMMARY, "attributed_roi"),
            *(
                glossary.number(getattr(row, column), None, None, SUMMARY, column)
                for column in ("revenue", "contribution_margin", "full_cost", "roas", "cac")
            ),
        )
        for row in rows
    ]
    return tag(
        "section",
        tag("h2", f"Return by channel, twelve months to the end of {words.month(month)}"),
        _without(rows, glossary),
        _experiments(tested, glossary),
        tag("h3", "Credit, not effect"),
        tag(
            "p",
            "The rule shares each sale among the touches before it. The interval is the wider of sampling and of all rules; it is not about what would have happened without the channel.",
            class_="lead",
        ),
        _credit(rows, glossary),
        key,
        data_table(
            "Channels as a table", ("Channel", "Attributed ROI", "Credited revenue", "Credited margin", "Full cost", "ROAS", "CAC"), listed
        ),
        id="roi",
    )


def claims(published: Published, glossary: Glossary) -> Markup:
    """What the platforms claim, over what is found here."""
    rows = published.rows(CLAIMS)
    current = [row for row in rows if row.is_latest]
    title = tag("h2", "What the platforms claim, and what we find")
    if not current:
        said = "Nothing to set side by side, because no advertising platform gave claims for a channel with conversions in these months."
        return tag("section", title, tag("p", said, class_="empty"), id="claims")
    windows = {row.channel: row.windows for row in published.rows(WINDOWS)}
    scale = marks.scale_of(*(row.claimed_ratio for row in current), holds=(0.0, 1.5))
    lines = []
    for row in current:
        figure = glossary.number(row.claimed_ratio, None, None, SUMMARY, "claimed_ratio", "exact")
        said = f"the platforms claim {words.figure(row.claimed_ratio, 'number')} conversions for each one found here"
        drawn = marks.strip(marks.Point(0, float(row.claimed_ratio)), scale, "E", row.name, said, ((1.0, "target"),))
        history = [marks.Point(each.month.toordinal(), float(each.claimed_ratio)) for each in rows if each.channel == row.channel][-18:]
        way = (
            marks.spark(
                history,
                f"{row.name}: claims over findings by month",
                f"from {words.figure(history[0].value or 0, 'number')} to {words.figure(history[-1].value or 0, 'number')}",
                "grade-e",
            )
            if len(history) > 1
            else None
        )
        window: object = (
            joined(
                ("counted by the platform within ", glossary.opens(windows[row.channel].replace("_", " "), "core.ad_days", "claim_window"))
            )
            if row.channel in windows
            else "the platform's window is not known"
        )
        lines.append(
            tag(
                "tr",
                tag("th", row.name, scope="row"),
                tag("td", drawn, class_="drawn"),
                tag("td", figure, " ", marks.sign("E"), class_="num"),
                tag("td", way, tag("small", window), class_="small"),
            )
        )
    ruler = tag(
        "tr",
        tag("td"),
        tag("td", marks.axis(scale, [(0.0, "0"), (1.0, "1: as many as found")]), class_="drawn"),
        tag("td"),
        tag("td"),
        class_="ruler",
    )
    head = tag(
        "thead",
        tag(
            "tr",
            *(
                tag("th", name, scope="col")
                for name in ("Channel", "Claimed for each conversion found", "Claimed / found", "Month by month")
            ),
        ),
    )
    by_month = [
        (f"{row.name}, {words.month(row.month)}", glossary.number(row.claimed_ratio, None, None, SUMMARY, "claimed_ratio")) for row in rows
    ]
    return tag(
        "section",
        title,
        tag(
            "p",
            "Platforms count every sale that one of their advertisements came near, each for itself; what is found here is shared among all touches and counted once.",
            class_="lead",
        ),
        tag("table", head, tag("tbody", *lines, ruler), class_="credit"),
        data_table("Claims as a table", ("Channel and month", "Claimed / found"), by_month),
        id="claims",
    )

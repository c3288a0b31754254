"""Indicators -> small charts side by side: the two-way ratio over time, how fast people are answered."""

from datetime import date

from pipelines.page import marks, words
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, data_table, joined, tag
from pipelines.page.published import Published, Row

INDICATORS = "relationships.indicators"
CUT = "platform = 'all' and profile_id = 'all' and dimension = 'all'"
TWO_WAY = f"""
select audience, period_start, value, lo, hi, n, method, suppressed_reason, is_complete from {INDICATORS}
where indicator = 'two_way_ratio' and period_kind = 'month' and {CUT} and is_complete
order by audience, period_start
"""
ANSWERED = f"""
with latest as (
    select max(period_start) as quarter from {INDICATORS}
    where indicator = 'response_rate_24h' and period_kind = 'quarter' and {CUT} and is_complete and value is not null
)
select audience, period_start, indicator, value, lo, hi, n, method, suppressed_reason from {INDICATORS}
inner join latest on period_start = latest.quarter
where indicator in ('response_rate_1h', 'response_rate_4h', 'response_rate_24h', 'response_rate_72h') and period_kind = 'quarter' and {CUT}
order by audience, indicator
"""
HOURS = {"response_rate_1h": 1, "response_rate_4h": 4, "response_rate_24h": 24, "response_rate_72h": 72}
AUDIENCES = ("public", "clients", "suppliers", "employees")
MONTHS_SHOWN = 24


def captioned(name: object, note: object, drawn: Markup) -> Markup:
    return tag("figure", tag("figcaption", tag("h3", name), tag("p", note)), drawn)


def _by_audience(rows: list[Row]) -> dict[str, list[Row]]:
    known = sorted(
        {row.audience for row in rows} - {"unknown"},
        key=lambda name: (AUDIENCES.index(name) if name in AUDIENCES else len(AUDIENCES), name),
    )
    return {audience: [row for row in rows if row.audience == audience] for audience in known}


def _latest(row: Row, measure: str, glossary: Glossary, when: str) -> Markup:
    return joined((glossary.number(row.value, row.lo, row.hi, INDICATORS, measure, row.method), when), " ")


def year_ticks(days: list[date]) -> list[tuple[float, str]]:
    ticks = [(float(days[0].toordinal()), words.month(days[0]))]
    return [*ticks, (float(days[-1].toordinal()), words.month(days[-1]))] if len(days) > 1 else ticks


def two_way(published: Published, glossary: Glossary) -> Markup:
    rows = published.rows(TWO_WAY)
    title = tag("h2", "Do we talk with people, or at them?")
    drawn, listed = [], []
    for audience, months in _by_audience(rows).items():
        months = months[-MONTHS_SHOWN:]
        measured = [row for row in months if row.value is not None]
        listed += [
            (
                f"{words.label(audience)}, {words.month(row.period_start)}",
                glossary.number(row.value, row.lo, row.hi, INDICATORS, "two_way_ratio"),
                glossary.count(row.n, INDICATORS) if row.n is not None else row.suppressed_reason or "",
            )
            for row in months
        ]
        if not measured:
            reason = months[-1].suppressed_reason or "no month has enough of it"
            drawn.append(
                tag(
                    "figure",
                    tag("figcaption", tag("h3", words.label(audience))),
                    tag("p", tag("span", "not measured", class_="none"), tag("small", reason)),
                )
            )
            continue
        points = [
            marks.Point(row.period_start.toordinal(), marks.known(row.value), marks.known(row.lo), marks.known(row.hi)) for row in months
        ]
        said = "; ".join(f"{words.month(row.period_start)} {words.figure(row.value, 'share')}" for row in measured[-6:])
        chart = marks.chart(
            points,
            f"Two-way ratio with {audience} by month",
            f"Band: 95 % interval. Latest: {said}",
            year_ticks([row.period_start for row in months]),
        )
        drawn.append(
            captioned(
                words.label(audience),
                _latest(measured[-1], "two_way_ratio", glossary, f"in {words.month(measured[-1].period_start)}"),
                chart,
            )
        )
    if not any(row.value is not None for row in rows):
        drawn = [
            tag(
                "p",
                "Nothing to show yet, because no month has 30 independent threads with any audience on public platforms.",
                class_="empty",
            )
        ]
    lead = "Share of what we write in public that answers somebody. 100 % is conversation, 0 % is a megaphone. Gaps are months with too few threads."
    table = data_table("Two-way ratio as a table", ("Audience and month", "Two-way ratio", "n"), listed) if listed else None
    return tag("section", title, tag("p", lead, class_="lead"), tag("div", *drawn, class_="figures"), table, id="two-way")


def answered(published: Published, glossary: Glossary) -> Markup:
    rows = published.rows(ANSWERED)
    drawn, listed = [], []
    for audience, of_audience in _by_audience(rows).items():
        by_hours = sorted(of_audience, key=lambda row: HOURS[row.indicator])
        measured = [row for row in by_hours if row.value is not None]
        listed += [
            (
                f"{words.label(audience)}, {HOURS[row.indicator]} h",
                glossary.number(row.value, row.lo, row.hi, INDICATORS, row.indicator, row.method),
                glossary.count(row.n, INDICATORS) if row.n is not None else row.suppressed_reason or "",
            )
            for row in by_hours
        ]
        if not measured:
            drawn.append(
                tag(
                    "figure",
                    tag("figcaption", tag("h3", words.label(audience))),
                    tag("p", tag("span", "not measured", class_="none"), tag("small", by_hours[0].suppressed_reason or "")),
                )
            )
            continue
        # equal steps from 1 to 4, 24 and 72 hours
        points = [
            marks.Point(list(HOURS).index(row.indicator), marks.known(row.value), marks.known(row.lo), marks.known(row.hi))
            for row in by_hours
        ]
        ticks = [(float(index), f"{hours} h") for index, hours in enumerate(HOURS.values())]
        said = "; ".join(
            f"within {HOURS[row.indicator]} h {words.figure(row.value, 'share')}, interval {words.interval(row.lo, row.hi, 'share')}"
            for row in measured
        )
        within_day = next((row for row in measured if row.indicator == "response_rate_24h"), measured[-1])
        note = _latest(within_day, within_day.indicator, glossary, f"within {HOURS[within_day.indicator]} h")
        drawn.append(captioned(words.label(audience), note, marks.chart(points, f"Share of {audience} answered", said, ticks)))
    quarter = f", {words.quarter(rows[0].period_start)}" if rows else ""
    if not rows:
        drawn = [tag("p", "Nothing to show yet, because no quarter that is over has 30 people who waited for an answer.", class_="empty")]
    table = data_table("Answers as a table", ("Audience and hours", "Share answered", "n"), listed) if listed else None
    lead = "Of all messages that needed a reply, the unanswered ones included. Shaded: 95 % interval. Hours by the clock, nights and weekends included."
    return tag(
        "section",
        tag("h2", f"How fast people are answered{quarter}"),
        tag("p", lead, class_="lead"),
        tag("div", *drawn, class_="figures"),
        table,
        id="answers",
    )

"""board.scorecard -> money and people side by side, audience by audience, of the last quarter that is over; what nobody measures says so."""

from datetime import date

from pipelines.page import marks, words
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, data_table, tag
from pipelines.page.published import IS_UNKNOWN, UNKNOWN, Published, Row

# As the text page does: the last quarter that is over and of which something is known, else the one that runs.
QUARTER = """
select quarter, bool_or(state = 'immature') as is_running from board.scorecard where value is not null
group by quarter order by is_running, quarter desc limit 1
"""
ROWS = """
select scorecard.*, indicators.is_changed from board.scorecard as scorecard
left join relationships.indicators as indicators
    on scorecard.mart = 'relationships.indicators' and scorecard.measure = indicators.indicator and scorecard.audience = indicators.audience
    and scorecard.quarter = indicators.period_start and indicators.period_kind = 'quarter'
    and indicators.platform = 'all' and indicators.profile_id = 'all' and indicators.dimension = 'all'
where scorecard.quarter <= ? and (scorecard.quarter < ? or scorecard.state <> 'immature' or ?)
order by scorecard.audience, scorecard.side, scorecard.measure, scorecard.quarter
"""
CURRENCY = "select any_value(currency order by currency) as currency from roi.channel_summary"
AUDIENCES = ("clients", "public", "employees", "suppliers")
ORDER = (
    "attributed_revenue",
    "attributed_margin",
    "full_cost",
    "attributed_roi",
    "iroi",
    "nrr",
    "grr",
    "logo_churn",
    "two_way_ratio",
    "response_rate_24h",
)
KEPT = 8  # quarters in a small picture


def _place(measure: str) -> tuple[int, str]:
    return (ORDER.index(measure) if measure in ORDER else len(ORDER), measure)


def _changed(row: Row, glossary: Glossary) -> Markup | None:
    if row.change is None:
        return None
    moved = glossary.opens(words.change(row.change, words.kind(row.measure)), "board.scorecard", "change")
    if row.change_lo is None or row.change_hi is None:
        return tag("span", moved, " on the quarter before", class_="change")
    # an indicator is also held against all that were tested with it: of many intervals some leave zero by chance
    is_beyond = (row.change_lo > 0 or row.change_hi < 0) and row.is_changed is not False
    if not is_beyond:
        return tag("span", moved, ", no clear change", class_="change")
    arrow = tag("span", "▲" if row.change > 0 else "▼", aria_hidden="true")
    return tag("span", arrow, " ", moved, ", a clear change", class_="change beyond")


def _spark(history: list[Row], side: str) -> Markup | None:
    recent = [row for row in history if row.value is not None][-KEPT:]
    if len(recent) < 2:
        return None
    # a quarter nobody measured leaves a gap
    first = recent[0].quarter
    shown = [row for row in history if row.quarter >= first]
    points = [marks.Point(row.quarter.toordinal(), marks.known(row.value), marks.known(row.lo), marks.known(row.hi)) for row in shown]
    of = words.kind(recent[-1].measure)
    said = "; ".join(f"{words.quarter(row.quarter)} {words.figure(row.value, of)}" for row in recent)
    return marks.spark(points, f"{words.label(recent[-1].measure)} by quarter", said, side)


def _line(history: list[Row], side: str, glossary: Glossary, currency: str) -> Markup:
    row = history[-1]
    unit = currency if words.kind(row.measure) == "money" else ""
    figure = glossary.number(row.value, row.lo, row.hi, row.mart, row.measure, row.method, unit)
    flag = tag("span", "◀ megaphone", class_="missed") if row.is_megaphone else None
    name = tag("h5", words.label(row.measure), " ", flag, tag("small", "over the quarter") if row.mart == "roi.revenue_retention" else None)
    return tag("li", name, tag("p", figure, _changed(row, glossary)), _spark(history, side))


def _missing(rows: list[Row]) -> Markup | None:
    """What the side lacks, by reason: nothing of it is filled in."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        # money may also wait for its time, or want a cost
        held_back = "too few to show" if row.side == "people" else "not shown"
        state = held_back if row.state == "suppressed" else "not measured"
        by_reason.setdefault(f"{state}: {row.suppressed_reason or 'no reason is given'}", []).append(words.label(row.measure))
    said = [tag("li", tag("b", "; ".join(measures)), " ", tag("span", reason, class_="none")) for reason, measures in by_reason.items()]
    return tag("ul", *said, class_="missing") if said else None


def _side(histories: list[list[Row]], side: str, glossary: Glossary, currency: str) -> Markup:
    ordered = sorted(histories, key=lambda history: _place(history[-1].measure))
    lines = [_line(history, side, glossary, currency) for history in ordered if history[-1].value is not None]
    missing = _missing([history[-1] for history in ordered if history[-1].value is None])
    said = tag("p", "nothing of this side is defined for this audience", class_="quiet") if not ordered else None
    return tag(
        "div",
        tag("h4", side.capitalize(), class_=side),
        tag("ul", *lines, class_="score") if lines else None,
        missing,
        said,
        class_=f"side of-{side}",
    )


def _origin(row: Row) -> str | None:
    if row.evidence_grade == "D":
        return "credit, not effect" + ("; no interval for a quarter" if row.lo is None else "")
    return "from the ledger" if row.method == "exact" else None


def _tile(history: list[Row], glossary: Glossary, currency: str) -> Markup:
    row = history[-1]
    unit = currency if words.kind(row.measure) == "money" else ""
    figure = glossary.number(row.value, row.lo, row.hi, row.mart, row.measure, row.method, unit)
    note = row.suppressed_reason if row.value is None else _origin(row)
    return tag(
        "li",
        tag("span", words.label(row.measure), class_="quiet"),
        tag("p", figure, class_="big"),
        _spark(history, "money"),
        tag("small", note) if note else None,
    )


def _table(histories: list[list[Row]], glossary: Glossary, audience: str, quarters: list[date]) -> Markup:
    rows: list[list[object]] = []
    for history in histories:
        by_quarter = {row.quarter: row for row in history}
        cells: list[object] = [glossary.opens(words.label(history[-1].measure), history[-1].mart, history[-1].measure)]
        for quarter in quarters:
            row = by_quarter.get(quarter)
            cells.append(
                "not measured" if row is None or row.value is None else glossary.number(row.value, row.lo, row.hi, row.mart, row.measure)
            )
        rows.append(cells)
    return data_table(
        f"{words.label(audience)}: the quarters as a table", ("Measure", *(words.quarter(quarter) for quarter in quarters)), rows
    )


def section(published: Published, glossary: Glossary) -> Markup:
    latest = published.rows(QUARTER)
    if not latest:
        few = "no quarter has enough conversation or money with any audience: a rate needs 30 independent people or threads"
        said = f"Nothing to show yet, because {UNKNOWN if published.rows(IS_UNKNOWN)[0].is_unknown else few}."
        return tag("section", tag("h2", "Money and people"), tag("p", said, class_="empty"), id="scorecard")
    quarter, is_running = latest[0].quarter, latest[0].is_running
    currency = published.rows(CURRENCY)[0].currency or ""
    histories: dict[tuple[str, str, str], list[Row]] = {}
    for row in published.rows(ROWS, quarter, quarter, is_running):
        histories.setdefault((row.audience, row.side, row.measure), []).append(row)
    current = {key: history for key, history in histories.items() if history[-1].quarter == quarter}
    quarters = sorted({row.quarter for history in histories.values() for row in history})[-4:]
    company = sorted(
        (history for (audience, _, _), history in current.items() if audience == "company"), key=lambda history: _place(history[-1].measure)
    )
    parts = []
    if company:
        tiles = tag("ul", *(_tile(history, glossary, currency) for history in company), class_="tiles")
        parts.append(tag("article", tag("h3", "Company"), tiles, _table(company, glossary, "company", quarters), class_="card"))
    for audience in (*AUDIENCES, *sorted({key[0] for key in current} - {*AUDIENCES, "company"})):
        of_audience = {key: history for key, history in current.items() if key[0] == audience}
        if not of_audience:
            continue
        sides = [
            _side([history for key, history in of_audience.items() if key[1] == side], side, glossary, currency)
            for side in ("money", "people")
        ]
        inner = tag("div", *sides, class_="sides")
        table = _table(list(of_audience.values()), glossary, audience, quarters)
        parts.append(tag("article", tag("h3", words.label(audience)), inner, table, class_="card"))
    title = f"Money and people, {words.quarter(quarter)}{' so far' if is_running else ''}"
    lead = "Side by side and each by itself: there is no composite score. Beside a figure its 95 % interval; small lines show the quarters before, shaded where an interval is known."
    return tag("section", tag("h2", title), tag("p", lead, class_="lead"), tag("div", *parts, class_="audiences"), id="scorecard")

"""roi.revenue_retention, retention_curves, their curves by exposure and retention_lift -> how long clients stay, and the engaged beside the others."""

from pipelines.page import marks, words
from pipelines.page.curves import captioned, year_ticks
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, data_table, joined, tag
from pipelines.page.published import Published, Row

REVENUE = """
select month, nrr, grr, n, method from roi.revenue_retention
where segment = 'all' and window_months = 12 and is_complete order by month desc limit 24
"""
SURVIVAL = "select segment, month_number, at_risk, survival, lo, hi, method from roi.retention_curves order by segment <> 'all', segment, month_number"
# Of each exposure the latest quarter that can be told, else why the latest cannot.
LIFT = """
with ranked as (
    select *, row_number() over (partition by exposure order by adjusted is null, quarter desc, landmark desc, horizon_days) as place
    from roi.retention_lift where segment = 'all'
)
select * from ranked where place = 1 order by exposure
"""
# Of each exposure the curves of every client's own landmark, else of the quarter that was watched longest.
BY_EXPOSURE = """
with watched as (
    select *, max(day) over (partition by exposure, landmark_kind, landmark) as last_day
    from roi.retention_curves_by_exposure where segment = 'all' and suppressed_reason is null
),

ranked as (
    select *, dense_rank() over (partition by exposure order by landmark_kind <> 'tenure', last_day desc, landmark desc) as place from watched
)
select * from ranked where place = 1 order by exposure, is_engaged desc, day
"""
BY_EXPOSURE_MART = "roi.retention_curves_by_exposure"
SEGMENTS_SHOWN = 4
YEAR = 365


def _revenue(rows: list[Row], glossary: Glossary) -> list[Markup]:
    rows = rows[::-1]
    scale = marks.scale_of(*(figure for row in rows for figure in (row.nrr, row.grr)), holds=(1.0,))
    scale = (int(scale[0] * 10) / 10, -(int(-scale[1] * 20 + 1e-9)) / 20)
    figures = []
    for measure in ("nrr", "grr"):
        points = [marks.Point(row.month.toordinal(), marks.known(getattr(row, measure))) for row in rows]
        measured = [row for row in rows if getattr(row, measure) is not None]
        if not measured:
            continue
        last = measured[-1]
        said = f"Twelve months to each month; exact, from the ledger. {words.month(last.month)}: {words.figure(getattr(last, measure), 'share')}"
        drawn = marks.chart(
            points, f"{words.label(measure)} by month", said, year_ticks([row.month for row in rows]), scale, "money", marks=(1.0,)
        )
        note = joined(
            (
                glossary.number(getattr(last, measure), None, None, "roi.revenue_retention", measure, last.method),
                f"in the year to {words.month(last.month)}",
            ),
            " ",
        )
        figures.append(captioned(words.label(measure), note, drawn))
    return figures


def _survival(rows: list[Row], glossary: Glossary) -> list[Markup]:
    figures = []
    for segment in list(dict.fromkeys(row.segment for row in rows))[:SEGMENTS_SHOWN]:
        of_segment = [row for row in rows if row.segment == segment]
        start = [] if of_segment[0].month_number == 0 else [marks.Point(0, 1.0)]
        points = start + [
            marks.Point(row.month_number, marks.known(row.survival), marks.known(row.lo), marks.known(row.hi)) for row in of_segment
        ]
        last = of_segment[-1]
        ticks = [(float(month), f"{month} months" if month == 12 else str(month)) for month in range(0, last.month_number + 1, 12)]
        year = next((row for row in reversed(of_segment) if row.month_number <= 12), last)
        note = joined(
            (glossary.number(year.survival, year.lo, year.hi, "roi.retention_curves", "survival", year.method), "still pay after a year"),
            " ",
        )
        said = f"Kaplan-Meier with 95 % band. After 12 months {words.figure(year.survival, 'share')}; after {last.month_number} months {words.figure(last.survival, 'share')}"
        name = "All clients" if segment == "all" else words.label(segment)
        figures.append(
            captioned(name, note, marks.chart(points, f"Clients who still pay: {name}", said, ticks, tone="money", is_step=True))
        )
    return figures


def _reached(rows: list[Row], day: int) -> Row | None:
    """The last step up to a day; none where nobody left before."""
    return next((row for row in reversed(rows) if row.day <= day), None)


def _kept(row: Row | None, glossary: Glossary, method: str | None = None) -> Markup:
    value, lo, hi = (row.survival, row.lo, row.hi) if row else (1.0, None, None)
    return glossary.number(value, lo, hi, BY_EXPOSURE_MART, "survival", method)


def _read(row: Row | None) -> str:
    if row is None:
        return words.figure(1.0, "share")
    limits = words.interval(row.lo, row.hi, "share")
    return words.figure(row.survival, "share") + (f", interval {limits}" if limits else "")


def _by_exposure(rows: list[Row], glossary: Glossary) -> Markup | None:
    """Two curves with their bands: told apart by dashes and by their names as well as by colour."""
    figures, listed = [], []
    for exposure in dict.fromkeys(row.exposure for row in rows):
        engaged, others = ([row for row in rows if row.exposure == exposure and row.is_engaged is kind] for kind in (True, False))
        points, beside = (
            [
                marks.Point(0, 1.0),
                *(marks.Point(row.day, marks.known(row.survival), marks.known(row.lo), marks.known(row.hi)) for row in each),
            ]
            for each in (engaged, others)
        )
        last = min(engaged[-1].day, others[-1].day)
        shown = min(last, YEAR)
        at = [_reached(each, shown) for each in (engaged, others)]
        said = "; ".join(f"{name} {_read(row)}" for name, row in zip(("engaged", "others"), at, strict=True))
        since = f"the quarter of {words.month(engaged[0].landmark)}" if engaged[0].landmark else "each client's 90th day"
        drawn = marks.chart(
            points,
            f"Clients who stay: {words.label(exposure)}, and the others",
            f"Kaplan-Meier with 95 % bands from {since}; engaged solid, others dashed. After {shown} days: {said}. As they are, not adjusted",
            [
                (float(day), f"{day} days" if day == 0 else str(day))
                for day in range(0, max(engaged[-1].day, others[-1].day) + 1, 90 if last <= YEAR else YEAR)
            ],
            tone="people",
            is_step=True,
            beside=beside,
            names=("engaged", "others"),
        )
        counted = [glossary.count(each[0].n, BY_EXPOSURE_MART) for each in (engaged, others)]
        kept = (_kept(at[0], glossary, engaged[0].method), "engaged,", _kept(at[1], glossary), f"others after {shown} days;")
        note = joined((*kept, counted[0], "engaged,", counted[1], f"not, from {since}"), " ")
        figures.append(captioned(words.label(exposure), note, drawn))
        listed += [
            (f"{words.label(exposure)}, {day} days", *(_kept(_reached(each, day), glossary) for each in (engaged, others)))
            for day in range(90, last + 1, 90 if last <= YEAR else YEAR)
        ]
    if not figures:
        return None
    lead = (
        "Who was engaged within 90 days, and how long they are clients from then on, beside the others. The curves are the groups as they are: "
        "who engages was a better client before. The table below compares like with like."
    )
    return joined(
        (
            tag("h3", "How long engaged clients stay"),
            tag("p", lead, class_="lead"),
            tag("div", *figures, class_="figures"),
            data_table("Engaged and others as a table", ("Engaged by, and days", "Engaged", "Others"), listed) if listed else None,
        )
    )


def _lift(rows: list[Row], glossary: Glossary) -> Markup | None:
    """Naive beside adjusted, always: engaged clients were better clients before."""
    if not rows:
        return None
    mart = "roi.retention_lift"
    told = [row for row in rows if row.adjusted is not None]
    scale = marks.scale_of(*(figure for row in told for figure in (row.naive, row.naive_lo, row.naive_hi, row.adjusted, row.lo, row.hi)))
    lines = []
    for row in told:
        name = words.label(row.exposure)
        pair = (("as it is", "naive", row.naive, row.naive_lo, row.naive_hi), ("like with like", "C", row.adjusted, row.lo, row.hi))
        drawn = [
            marks.strip(
                marks.Point(0, marks.known(value), marks.known(lo), marks.known(hi)),
                scale,
                shape,
                f"{name}: difference {what}",
                f"{words.figure(value, 'gap') if value is not None else 'not measured'}; interval {words.interval(lo, hi, 'gap') or 'not known'}",
                height=22,
            )
            for what, shape, value, lo, hi in pair
        ]
        figures = (
            tag("div", glossary.number(row.naive, row.naive_lo, row.naive_hi, mart, "naive"), " as it is"),
            tag("div", glossary.number(row.adjusted, row.lo, row.hi, mart, "adjusted", row.method), " like with like ", marks.sign("C")),
        )
        engaged, others = (glossary.count(getattr(row, column), mart, column) for column in ("n1", "n0"))
        horizon = glossary.count(row.horizon_days, mart, "horizon_days", "day")
        about = joined((engaged, " engaged, ", others, f" not; from {words.day(row.landmark)}, ", horizon))
        cells = (tag("td", *drawn, class_="drawn"), tag("td", *figures, class_="num"), tag("td", about, class_="small"))
        lines.append(tag("tr", tag("th", name, scope="row"), *cells))
    for row in rows:
        if row.adjusted is None:
            why = tag(
                "td", tag("span", "cannot be told", class_="none"), tag("small", row.suppressed_reason or "no reason is given"), colspan="3"
            )
            lines.append(tag("tr", tag("th", words.label(row.exposure), scope="row"), why))
    heads = ("Engaged by", "Dashed: no difference", "Difference of the shares kept", "Clients")
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in heads)))
    lead = (
        "Engaged clients against the others. As it is, the difference flatters us: who engages was a better client before. "
        "Like with like holds if what is known of the clients is all that sets them apart (grade C: no experiment)."
    )
    return joined(
        (
            tag("h3", "Who was engaged, and stays"),
            tag("p", lead, class_="lead"),
            tag("table", head, tag("tbody", *lines), class_="credit lift"),
        )
    )


def section(published: Published, glossary: Glossary) -> Markup:
    revenue, survival = published.rows(REVENUE), published.rows(SURVIVAL)
    figures = [*(_revenue(revenue, glossary) if revenue else []), *_survival(survival, glossary)]
    if not figures:
        figures = [tag("p", "Nothing to show yet, because no subscription has twelve months behind it.", class_="empty")]
    by_month = [
        (
            words.month(row.month),
            *(glossary.number(getattr(row, measure), None, None, "roi.revenue_retention", measure) for measure in ("nrr", "grr")),
            glossary.count(row.n or 0, "roi.revenue_retention"),
        )
        for row in revenue
    ]
    by_segment = [
        (
            f"{words.label(row.segment)}, month {row.month_number}",
            glossary.number(row.survival, row.lo, row.hi, "roi.retention_curves", "survival"),
            glossary.count(row.at_risk, "roi.retention_curves", "at_risk"),
        )
        for row in survival
        if row.month_number % 6 == 0
    ]
    tables = (
        data_table("Revenue retention as a table", ("Month", "Net", "Gross", "Clients"), by_month) if by_month else None,
        data_table("Who still pays as a table", ("Segment and month", "Still pay", "At risk"), by_segment) if by_segment else None,
    )
    lead = "Revenue retention is exact: sums of the ledger. Who still pays is an estimate, with its band."
    return tag(
        "section",
        tag("h2", "Do clients stay?"),
        tag("p", lead, class_="lead"),
        tag("div", *figures, class_="figures"),
        _by_exposure(published.rows(BY_EXPOSURE), glossary),
        _lift(published.rows(LIFT), glossary),
        *(table for table in tables if table),
        id="retention",
    )

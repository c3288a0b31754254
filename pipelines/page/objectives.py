"""board.objectives and the megaphone flags -> the top of the page: what the organisation set out to do, and whether it is so."""

from pipelines.page import marks, words
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, data_table, joined, tag
from pipelines.page.published import UNTOLD, Published, Row

STATES = {"met": ("✓", "Met"), "missed": ("✕", "Missed"), "cannot_tell": ("≈", "Cannot tell"), "not_measured": ("○", "Not measured")}
OBJECTIVES = """
select *, due_on > (select max(date) from board.data_trust) as is_running from board.objectives
order by case state when 'missed' then 1 when 'cannot_tell' then 2 when 'met' then 3 else 4 end, due_on, title, objective_id
"""
FLAGS = """
select people.quarter, people.audience, people.mart, people.measure, people.method,
    people.value, people.change, people.change_lo, people.change_hi, money.change as money_change, money.method as money_method
from board.scorecard as people
left join board.scorecard as money on people.quarter = money.quarter and money.is_megaphone and money.side = 'money' and money.measure = 'attributed_roi'
where people.is_megaphone and people.side = 'people'
order by people.quarter desc, people.audience, people.measure
"""
LATEST_SCORE = "select max(quarter) as quarter from board.scorecard where side = 'people' and value is not null"
SHOWN_FLAGS = 3


def _flag(row: Row, glossary: Glossary) -> Markup:
    of = words.kind(row.measure)
    limits = row.change_lo is not None and row.change_hi is not None
    by = glossary.opens(
        joined(
            (
                tag("b", words.change(row.change, of)),
                tag("small", f"{words.change(row.change_lo, of)} to {words.change(row.change_hi, of)}") if limits else None,
            ),
            " ",
        ),
        "board.scorecard",
        "change",
        row.method,
    )
    rise = (
        glossary.opens(
            tag("b", words.change(row.money_change, "return") + " points"), "roi.channel_summary", "attributed_roi", row.money_method
        )
        if row.money_change is not None
        else None
    )
    return tag(
        "p",
        tag("b", words.quarter(row.quarter)),
        ": credited return on social cost rose",
        *((" by ", rise) if rise else ()),
        ", while ",
        tag("b", words.within(row.measure)),
        f" among {row.audience} fell by more than chance explains: ",
        by,
        ".",
    )


def megaphone(published: Published, glossary: Glossary) -> Markup | None:
    """The flag that stands first on the page; a quiet line where there is none, None where nobody could tell."""
    flags = published.rows(FLAGS)
    if flags:
        earlier = len(flags) - SHOWN_FLAGS
        return tag(
            "section",
            tag("h2", tag("span", "◀", aria_hidden="true", class_="horn"), "Megaphone"),
            *(_flag(flag, glossary) for flag in flags[:SHOWN_FLAGS]),
            tag("p", f"and {words.plural(earlier, 'earlier flag')} in board.scorecard") if earlier > 0 else None,
            tag("p", "More credit for talking, less of a relationship: look here before looking at any return.", class_="quiet"),
            class_="flag",
            id="megaphone",
        )
    if published.rows(LATEST_SCORE)[0].quarter is None:
        return None
    untold = [words.quarter(row.quarter) for row in published.rows(UNTOLD)]
    of = f"{', '.join(untold[:SHOWN_FLAGS])}{' and earlier' if len(untold) > SHOWN_FLAGS else ''}"
    return tag(
        "p",
        f"No megaphone flag, but none could be told of {of}: the two-way ratio or trust fell beyond its interval, and whether the credited return rose is not measured."
        if untold
        else "No megaphone flag: in no quarter did the credited return rise while the two-way ratio or trust fell beyond its interval.",
        class_="calm",
        id="megaphone",
    )


def _strip(row: Row) -> Markup | None:
    if row.value is None:
        return None
    of = words.kind(row.measure)
    figures = [row.value, row.lo, row.hi, row.target, row.baseline]
    numbers = [float(figure) for figure in figures if figure is not None]
    reach = (max(numbers) - min(numbers)) or abs(max(numbers)) or 1.0
    scale = (min(numbers) - reach * 0.25, max(numbers) + reach * 0.25)
    limits = words.interval(row.lo, row.hi, of)
    said = f"{words.figure(row.value, of)}{f', interval {limits}' if limits else ''}; target {words.figure(row.target, of)}"
    said += f"; baseline {words.figure(row.baseline, of)}" if row.baseline is not None else ""
    lines = [(float(row.target), "target")] if row.target is not None else []
    lines += [(float(row.baseline), "baseline")] if row.baseline is not None else []
    point = marks.Point(0, float(row.value), marks.known(row.lo), marks.known(row.hi))
    tone = "money" if row.mart.startswith("roi.") else "people"
    return marks.strip(point, scale, row.evidence_grade if row.evidence_grade in marks.SHAPES else tone, row.title, said, lines)


def _card(row: Row, glossary: Glossary) -> Markup:
    of = words.kind(row.measure)
    mark, state = STATES.get(row.state, ("○", words.label(row.state or "not measured")))
    is_so_far = row.is_running and row.state in ("met", "missed")
    when = words.period(row.period_kind, row.period_start)
    goal = f"{'at least' if row.direction == 'up' else 'at most'} {words.figure(row.target, of)}" if row.target is not None else "no target"
    who = joined((tag("b", words.label(row.audience or "company")), words.within(row.measure)), " · ")
    measured = glossary.number(row.value, row.lo, row.hi, row.mart, row.measure, row.method) if row.value is not None else None
    return tag(
        "li",
        tag(
            "p",
            tag("span", mark, aria_hidden="true"),
            state,
            " so far" if is_so_far else None,
            class_=f"state {row.state if row.state in STATES else 'not_measured'}",
        ),
        tag("h3", row.title),
        tag("p", who, class_="quiet"),
        _strip(row),
        tag(
            "p",
            measured,
            tag("span", f" {when}", class_="quiet") if measured and when else None,
            tag(
                "span",
                "target ",
                glossary.opens(goal, "board.objectives", "target"),
                f" by {words.day(row.due_on)}" if row.due_on else None,
                class_="goal",
            ),
        ),
        tag("p", row.reason, class_="quiet") if row.reason and not is_so_far else None,
        class_="card",
    )


def counts(published: Published, glossary: Glossary) -> Markup | None:
    """How many objectives stand in which state, as one line; None where none is written down."""
    states = [row.state for row in published.rows(OBJECTIVES)]
    if not states:
        return None
    shown = [
        tag(
            "li",
            tag("span", mark, aria_hidden="true"),
            glossary.opens(tag("b", states.count(state)), "board.objectives", "state"),
            " ",
            name.lower(),
            class_=f"state {state}",
        )
        for state, (mark, name) in STATES.items()
    ]
    return tag("ul", *shown, class_="tally", aria_label="Objectives")


def section(published: Published, glossary: Glossary) -> Markup:
    rows = published.rows(OBJECTIVES)
    if not rows:
        said = tag(
            "p",
            "Nothing to show yet, because no objective is written down: inbox/objectives/ takes them (title, mart, measure, target, due_on, direction).",
            class_="empty",
        )
        return tag("section", tag("h2", "Objectives"), said, id="objectives")
    listed = [
        (
            row.title,
            STATES.get(row.state, ("", row.state))[1],
            glossary.number(row.value, row.lo, row.hi, row.mart, row.measure, row.method),
            tag("span", "–", class_="none") if row.n is None else glossary.count(row.n, "board.objectives", noun="observation"),
        )
        for row in rows
    ]
    return tag(
        "section",
        tag("h2", "Objectives"),
        tag("ul", *(_card(row, glossary) for row in rows), class_="cards"),
        tag(
            "p",
            "The line is the 95 % interval, the tall tick the target, the dotted one the baseline. Cannot tell: the interval spans the target. So far: it is not due yet.",
            class_="key",
        ),
        data_table("Objectives as a table", ("Objective", "State", "Value", "n"), listed),
        id="objectives",
    )

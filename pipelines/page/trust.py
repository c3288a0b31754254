"""core.coverage, stories and board.data_trust -> the foot of the page: what nobody can say and why, and how far the rest can be trusted."""

from datetime import date

from pipelines.page import words
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, data_table, joined, table, tag
from pipelines.page.published import Published, Row

TRUST = "board.data_trust"
# Marts that a story may refer to, by the part of the page where they are drawn.
PARTS = {
    "relationships.indicators": "scorecard",
    "relationships.internal_network": "scorecard",
    "roi.revenue_retention": "retention",
    "roi.retention_lift": "retention",
    "roi.channel_summary": "roi",
}
STORIES_SHOWN = 3
UNSAID = {"all", "month", "quarter", "wave", "3", "12", "180"}  # parts of a row's key that a reader need not know
EMPTY_MARTS = """
select string_agg(entity, ', ' order by entity) as entities, reason from core.coverage
where state = 'not_filled' or (source = 'goodwill' and state = 'not_given') group by reason order by reason
"""
SILENT = """
select distinct audience, side, measure, suppressed_reason as reason from board.scorecard
where value is null and quarter = (select max(quarter) from board.scorecard where value is not null and state <> 'immature')
order by reason, audience, measure
"""
ANY_SCORE = "select count(*) as rows from board.scorecard where value is not null"
SUPPRESSED = """
select suppressed_reason as reason, count(*) as cells from relationships.indicators
where suppressed_reason is not null group by suppressed_reason order by cells desc, reason
"""
COSTS = """
select coalesce(channels.name, costs.channel) as name, costs.kind, costs.cost_coverage, count(*) as months
from roi.channel_costs as costs
left join core.channels as channels on costs.channel = channels.channel
where costs.cost_coverage in ('missing', 'no exchange rate') group by all order by months desc, name, costs.kind
"""
RETURNS = """
select summary.suppressed_reason as reason,
    string_agg(coalesce(channels.name, upper(summary.channel[1]) || summary.channel[2:]), ', ' order by summary.channel) as channels
from roi.channel_summary as summary
left join core.channels as channels on summary.channel = channels.channel
where summary.attributed_roi is null and summary.suppressed_reason is not null
and summary.month = (select coalesce(max(month) filter (where is_mature), max(month)) from roi.channel_summary)
group by summary.suppressed_reason order by reason
"""
NOT_GIVEN = """
select source, entity, state, string_agg(measure, ', ' order by measure) as measures, any_value(reason order by reason) as reason
from core.coverage where (state = 'unknown_field' or state = 'not_given' and row_count is distinct from 0) and source <> 'goodwill'
group by source, entity, state order by state desc, source, entity
"""
# Told ones first, then one of each rule before a second of any; every third is a counter-story.
STORIES = """
with turns as (
    select *, row_number() over (partition by rule, text is null order by quarter desc, audience, story_id) as turn from relationships.stories
),

placed as (
    select *, row_number() over (partition by is_counter order by text is null, turn, quarter desc, rule, audience, story_id) as place from turns
)
select * from placed order by case when is_counter then place * 3 else place + (place - 1) // 2 end, is_counter, story_id limit 6
"""
SOURCES = """
select * from board.data_trust where date = (select max(date) from board.data_trust) order by rows desc nulls last, source
"""


def _silent(rows: list[Row]) -> list[tuple[object, ...]]:
    by_reason: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        by_reason.setdefault(row.reason or "no reason is given", {}).setdefault(row.measure, []).append(row.audience)
    return [
        ("; ".join(f"{words.label(measure)} ({', '.join(audiences)})" for measure, audiences in measures.items()), reason)
        for reason, measures in by_reason.items()
    ]


def unmeasured(published: Published, glossary: Glossary) -> Markup:
    gaps = _silent(published.rows(SILENT))
    gaps += [(f"Return on {row.channels}", row.reason) for row in published.rows(RETURNS)]
    gaps += [
        (
            f"{words.label(row.kind)} cost, {row.name}",
            tag(
                "span",
                f"{row.cost_coverage} in ",
                glossary.count(row.months, "roi.channel_costs", "cost_coverage", "month"),
                ": no return is given for them",
            ),
        )
        for row in published.rows(COSTS)
    ]
    gaps += [(row.entities, row.reason or "no reason is given") for row in published.rows(EMPTY_MARTS)]
    suppressed = [
        (words.label(row.reason), glossary.opens(f"{row.cells:,}", "relationships.indicators", "suppressed_reason"))
        for row in published.rows(SUPPRESSED)
    ]
    fields = [
        (f"{row.source}, {row.entity}", f"{'unknown to us' if row.state == 'unknown_field' else 'not given'}: {row.measures}")
        for row in published.rows(NOT_GIVEN)
    ]
    complete = "Nothing is missing of what the scorecard asks for." if published.rows(ANY_SCORE)[0].rows else "Nothing is measured yet."
    return tag(
        "section",
        tag("h2", "What is not measured, and why"),
        table(("What", "Why"), gaps, class_="gaps") if gaps else tag("p", complete),
        data_table("Indicators held back, by reason", ("Reason", "Cells"), suppressed) if suppressed else None,
        data_table("Fields that a source does not give", ("Source and entity", "Fields"), fields) if fields else None,
        id="not-measured",
    )


def _named(each: str, is_quarter: bool) -> str:
    """One part of a row's key as a reader knows it."""
    try:
        first_day = date.fromisoformat(each)
    except ValueError:
        return words.within(each)
    return words.quarter(first_day) if is_quarter else words.month(first_day)


def _part(mart: str, measure: str) -> str:
    """The part of the page that draws a measure."""
    if mart != "relationships.indicators":
        return PARTS[mart]
    return "two-way" if measure == "two_way_ratio" else "answers" if measure.startswith("response_rate_") else PARTS[mart]


def _reference(content: str) -> Markup:
    """A link to where the row of a mart is drawn, or to the web; else its words."""
    if content.startswith("https://"):
        return tag("a", content, href=content, rel="noreferrer")
    mart, *key = content.split("/")
    if mart not in PARTS or not key:
        return tag("span", content)
    measure = key.pop(0) if mart == "relationships.indicators" else mart.partition(".")[2]
    named = [_named(each, is_quarter="quarter" in key or mart == "roi.retention_lift") for each in key if each not in UNSAID]
    about = tag("small", f" ({', '.join(named)})") if named else None
    return tag("a", words.within(measure), about, href=f"#{_part(mart, measure)}")


def _story(row: Row, glossary: Glossary) -> Markup:
    counted = row.matched is not None and row.eligible is not None
    drawn = glossary.opens(f"{row.matched:,} of {row.eligible:,}", "relationships.stories", "matched") if counted else None
    about = (words.label(row.rule), row.audience, row.quarter and words.quarter(row.quarter), "counter-story" if row.is_counter else None)
    withheld = f"The words are not shown: {row.withheld_because or 'no reason is given'}."
    # colleagues' own are all told: nobody draws among them
    met, too_few = (
        (" submitted that quarter have the consent of everyone named.", "Too few to say how many were submitted.")
        if row.rule == "own"
        else (" met the rule; drawn by chance among them.", "Too few to say how many met the rule.")
    )
    explains = [_reference(reference) for reference in (row.indicator_ref, row.roi_ref) if reference]
    return tag(
        "li",
        tag("p", joined((part for part in about if part), " · "), class_="quiet"),
        tag("blockquote", row.text) if row.text else tag("p", withheld, class_="none"),
        tag("p", row.picked_because, class_="quiet") if row.picked_because else None,
        tag(
            "p",
            *((drawn, met) if drawn else (too_few,)),
            *((" Explains ", joined(explains, ", "), ".") if explains else ()),
            *((" Conversation ", _reference(row.conversation_ref), ".") if row.conversation_ref else ()),
            class_="quiet",
        ),
        class_="card",
    )


def stories(published: Published, glossary: Glossary) -> Markup | None:
    """Conversations behind the numbers; None where there are none, which the list of gaps says."""
    rows = published.rows(STORIES)
    if not rows:
        return None
    further = rows[STORIES_SHOWN:]
    return tag(
        "section",
        tag("h2", "Stories behind the numbers"),
        tag("ul", *(_story(row, glossary) for row in rows[:STORIES_SHOWN]), class_="cards"),
        tag("details", tag("summary", "Further stories"), tag("ul", *(_story(row, glossary) for row in further), class_="cards"))
        if further
        else None,
        id="stories",
    )


def _source(row: Row, glossary: Glossary) -> tuple[object, ...]:
    def count(value: int | None, column: str) -> Markup:
        return tag("span", "–", class_="none") if value is None else glossary.opens(f"{value:,}", TRUST, column)

    fresh = (
        glossary.opens(f"{words.day(row.fresh_until)}, {row.fresh_until:%H:%M} UTC", TRUST, "fresh_until")
        if row.fresh_until
        else tag("span", "as given", class_="none")
    )
    failed = count(row.failed_checks, "failed_checks")
    matched = (
        glossary.number(row.match_rate, None, None, TRUST, "match_rate") if row.match_rate is not None else tag("span", "–", class_="none")
    )
    return (
        tag("span", row.source, tag("small", f" not read: {row.failed_accounts}")) if row.failed_accounts else row.source,
        fresh,
        count(row.rows, "rows"),
        matched,
        count(row.duplicates, "duplicates"),
        count(row.quarantined, "quarantined"),
        tag("b", failed, class_="state missed") if row.failed_checks else failed,
    )


def data_trust(published: Published, glossary: Glossary) -> Markup:
    rows = published.rows(SOURCES)
    title = tag("h2", "How far the numbers can be trusted")
    if not any(row.rows for row in rows):
        return tag("section", title, tag("p", "Nothing to show yet, because no source gave a row.", class_="empty"), id="trust")
    failed = sum(row.failed_checks or 0 for row in rows)
    total = glossary.opens(f"{sum(row.rows or 0 for row in rows):,}", TRUST, "rows")
    told = (glossary.opens(f"{failed:,}", TRUST, "failed_checks"), " failed checks") if failed else ("no check failed",)
    heads = ("Source", "Fresh until", "Rows", "People matched", "Set aside", "Files refused", "Failed checks")
    return tag(
        "section",
        title,
        tag("p", total, " rows of ", glossary.count(len(rows), TRUST, "source", "source"), "; ", *told, ".", class_="lead"),
        tag(
            "div", table(heads, [_source(row, glossary) for row in rows]), class_="wide", tabindex="0", role="region", aria_label="Sources"
        ),
        id="trust",
    )

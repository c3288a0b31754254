"""The published file -> the ten lines of the weekly digest: the flag, the aims, what changed, money beside people, what needs a human."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.page import words
from pipelines.page.published import ON_DAY, UNTOLD, Published, Row
from pipelines.progress import printable

AUDIENCES = ("company", "clients", "public", "employees", "suppliers")
STALE_AFTER = timedelta(days=2)  # sources are asked every day
SILENT_AFTER = timedelta(days=7)  # a week without a publication
SHOWN = 3
# What is shown of an audience, the first that is measured: enough to see both sides, not a composite.
MONEY = ("attributed_roi", "nrr", "retention_lift", "iroi", "attributed_margin")
PEOPLE = ("two_way_ratio", "response_rate_24h", "opr_trust", "net_reciprocity", "reciprocity_dyad")
SIDES = {"money": MONEY, "people": PEOPLE}

CLOCK = f"select {ON_DAY} as on_day, coalesce(bool_or(is_demo), false) as is_demo, sum(rows) as rows from board.data_trust"
FLAGS = """
select people.quarter, people.audience, people.measure, people.change, people.change_lo, people.change_hi, money.change as money_change
from board.scorecard as people
left join board.scorecard as money on people.quarter = money.quarter and money.is_megaphone and money.measure = 'attributed_roi'
where people.is_megaphone and people.side = 'people' and people.quarter > (select max(date) from board.data_trust) - interval 1 year
order by people.quarter desc, people.audience, people.measure
"""
OBJECTIVES = "select * from board.objectives order by due_on, title, objective_id"
# Indicators are flagged by their q value, among all tested rows of the period; the other measures by their interval.
CHANGES = """
with indicators as (
    select period_start, period_kind, audience, indicator as measure, value, lo, hi, change, change_lo, change_hi from relationships.indicators
    where is_changed and is_complete and period_kind in ('month', 'quarter')
        and platform = 'all' and profile_id = 'all' and dimension = 'all' and audience <> 'unknown'
),
others as (
    select quarter as period_start, 'quarter' as period_kind, audience, measure, value, lo, hi, change, change_lo, change_hi from board.scorecard
    where mart <> 'relationships.indicators' and state = 'measured' and (change_lo > 0 or change_hi < 0)
),
indicators_latest as (
    select period_kind, max(period_start) as period_start from relationships.indicators
    where is_complete and value is not null group by period_kind
),
others_latest as (
    select audience, measure, max(quarter) as period_start from board.scorecard where state = 'measured' group by audience, measure
)
select * from indicators semi join indicators_latest using (period_kind, period_start)
union all by name
select * from others semi join others_latest using (audience, measure, period_start)
order by period_kind, audience, measure
"""
SCORES = """
with latest as (select quarter from board.scorecard where value is not null group by quarter order by bool_or(state = 'immature'), quarter desc limit 1)
select * from board.scorecard inner join latest using (quarter) order by audience, side, measure
"""
# Effects that may be quoted for a channel in the month that is quoted.
TESTED = """
with latest as (select coalesce(max(month) filter (where is_mature), max(month)) as month from roi.channel_summary)
select summary.*, coalesce(channels.name, summary.channel) as name from roi.channel_summary as summary
inner join latest using (month)
left join core.channels as channels on summary.channel = channels.channel
where summary.iroi is not null and summary.evidence_grade in ('A', 'B', 'B-')
order by summary.evidence_grade, summary.experiment_ends_on desc, summary.channel
"""
CURRENCY = "select any_value(currency order by currency) as currency from roi.channel_summary"
SOURCES = "select * from board.data_trust where date = (select max(date) from board.data_trust) order by source"
WAITING = "select count(*) as stories from relationships.stories where state = 'candidate'"


@dataclass(frozen=True)
class Clock:
    """The day that the build speaks of, and the day on which the digest is written; they are one for the demo company, whose days are invented."""

    as_of: date | None
    today: date
    is_demo: bool


@dataclass(frozen=True)
class Digest:
    """`lines` are what is read, ten of them; `told` names what they tell as news, so that the next week tells it no more."""

    week: str
    lines: list[str]
    told: list[str]


def week_of(day: date) -> str:
    """2026-06-30 is 2026-W27 (ISO 8601)."""
    return f"{day.isocalendar().year}-W{day.isocalendar().week:02}"


def _figure(row: Row, currency: str) -> str:
    of = words.kind(row.measure)
    shown = words.figure(row.value, of) + (f" {currency}" if of == "money" and currency else "")
    limits = words.interval(row.lo, row.hi, of)
    about = [part for part in (limits, "credit, not effect" if row.evidence_grade == "D" else None) if part]
    if row.evidence_grade and row.evidence_grade != "D":
        about.append(f"grade {row.evidence_grade}")
    return f"{words.within(row.measure)} {shown}" + (f" ({'; '.join(about)})" if about else "")


def _side(rows: list[Row], side: str, currency: str) -> str:
    of_side = {row.measure: row for row in rows if row.side == side}
    measured = [of_side[measure] for measure in SIDES[side] if measure in of_side and of_side[measure].value is not None]
    if measured:
        return ", ".join(_figure(row, currency) for row in measured[:2])
    reasons = sorted({row.suppressed_reason for row in of_side.values() if row.suppressed_reason})
    return f"not measured ({reasons[0]})" if reasons else "not measured"


def _effect(tested: list[Row]) -> str:
    """What experiments give for the channels now, each with its dates; else that nobody can tell."""
    said = [
        f"{row.name}, tested {words.day(row.experiment_starts_on)} to {words.day(row.experiment_ends_on)}: incremental ROI {words.figure(row.iroi, 'return')} "
        f"({words.interval(row.iroi_lo, row.iroi_hi, 'return') or 'no interval'}; grade {row.evidence_grade})"
        for row in tested[:SHOWN]
    ]
    return ", ".join(said) or "no causal estimate"


def _audiences(published: Published) -> list[str]:
    rows = published.rows(SCORES)
    currency = published.rows(CURRENCY)[0].currency or ""
    said = []
    for audience in AUDIENCES:
        of_audience = [row for row in rows if row.audience == audience]
        quarter = words.quarter(of_audience[0].quarter) if of_audience else "no quarter yet"
        money = _side(of_audience, "money", currency)
        if audience == "company":
            money = f"{_effect(published.rows(TESTED))}; {money}"
        people = "" if audience == "company" else f" | people: {_side(of_audience, 'people', currency)}"
        said.append(f"{words.label(audience)}, {quarter}: money: {money}{people}")
    return said


def _flag(flags: list[Row], untold: list[Row], clock: Clock) -> str:
    if not flags:
        recent = [words.quarter(row.quarter) for row in untold if row.quarter > clock.today - timedelta(days=365)]
        untellable = f", but none could be told of {recent[0]}: whether the credited return rose is not measured" if recent else ""
        return f"Megaphone: no flag{untellable}."
    first = flags[0]
    rose = f" ({words.change(first.money_change, 'return')} points)" if first.money_change is not None else ""
    more = f"; and {words.plural(len(flags) - 1, 'more flag')}" if len(flags) > 1 else ""
    return (
        f"MEGAPHONE, {words.quarter(first.quarter)}: credited return rose{rose}, while {words.within(first.measure)} among {first.audience} "
        f"fell ({_moved(first)}){more}."
    )


def _listed(news: list[str]) -> str:
    more = len(news) - SHOWN
    return "; ".join(news[:SHOWN]) + (f"; and {more} more on the page" if more > 0 else "")


def _moved(row: Row) -> str:
    of = words.kind(row.measure)
    has_limits = row.change_lo is not None and row.change_hi is not None
    return words.change(row.change, of) + (
        f"; {words.change(row.change_lo, of)} to {words.change(row.change_hi, of)}" if has_limits else ""
    )


def _change(row: Row) -> str:
    when = words.month(row.period_start) if row.period_kind == "month" else words.quarter(row.period_start)
    return f"{words.within(row.measure)} among {row.audience} {'rose' if row.change > 0 else 'fell'} ({_moved(row)}) in {when}"


def _news(published: Published, objectives: list[Row]) -> dict[str, str]:
    """What is told by its name: every change beyond chance of the latest periods, and the state of each aim."""
    news = {f"{row.measure}|{row.audience}|{row.period_kind}|{row.period_start:%Y-%m-%d}": _change(row) for row in published.rows(CHANGES)}
    return news | {
        f"objective|{row.objective_id}|{row.state}": f"the objective {row.title!r} is now {words.within(row.state)}" for row in objectives
    }


def _changed(news: dict[str, str], told: Collection[str] | None, since: str | None) -> str:
    """A first digest has nothing to hold the aims against; a later one leaves out what was told before."""
    fresh = [said for name, said in news.items() if (not name.startswith("objective|") if told is None else name not in told)]
    when = f" since the digest of {since}" if since else ""
    return f"Changed beyond its interval{when}: {_listed(fresh)}." if fresh else f"Nothing changed beyond its interval{when}."


def _tally(objectives: list[Row]) -> str:
    if not objectives:
        return "Objectives: none is written down (inbox/objectives/ takes them)."
    counts = [(state, sum(row.state == state for row in objectives)) for state in ("met", "missed", "cannot_tell", "not_measured")]
    return "Objectives: " + ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts) + "."


def _needs(published: Published, objectives: list[Row], flags: list[Row], clock: Clock) -> str:
    needs = []
    if clock.as_of and clock.today - clock.as_of > SILENT_AFTER:
        needs.append(f"nothing was published since {words.day(clock.as_of)}: see why runs fail")
    due = [row.title for row in objectives if row.state == "missed" and row.due_on and clock.as_of and row.due_on <= clock.as_of]
    needs += [f"missed and due: {title}" for title in due[:SHOWN]] + (
        [f"{len(due) - SHOWN} more missed objectives"] if len(due) > SHOWN else []
    )
    if flags:
        needs.append(f"the megaphone flag among {flags[0].audience}")
    sources = published.rows(SOURCES)
    failed = [f"{row.source} {row.failed_checks:,}" for row in sources if row.failed_checks]
    if failed:
        needs.append(f"failed checks: {', '.join(failed)}")
    unread = [f"{row.source} ({row.failed_accounts})" for row in sources if row.failed_accounts]
    if unread:
        needs.append(f"accounts that could not be read: {', '.join(unread)}")
    refused = [f"{row.source} {row.quarantined:,}" for row in sources if row.quarantined]
    if refused:
        needs.append(f"files refused: {', '.join(refused)}")
    stale = [
        f"{row.source} since {words.day(row.fresh_until)}"
        for row in sources
        if row.fresh_until and clock.as_of and clock.as_of - row.fresh_until.date() > STALE_AFTER
    ]
    if stale:
        needs.append(f"stale: {', '.join(stale)}")
    if waiting := published.rows(WAITING)[0].stories:
        needs.append(f"{waiting} {'story waits' if waiting == 1 else 'stories wait'} for a review")
    return f"Needs a human: {'; '.join(needs)}." if needs else "Needs a human: nothing."


def compose(published: Published, today: date, told: Collection[str] | None = None, since: str | None = None) -> Digest:
    """The digest of the week of `today`; `told` is what the digest of the week `since` told, None where there was none."""
    given = published.rows(CLOCK)[0]
    clock = Clock(given.on_day, given.on_day if given.is_demo and given.on_day else today, given.is_demo)
    week = week_of(clock.today)
    head = f"Goodwill, {week}" + (f", as of {words.day(clock.as_of)}" if clock.as_of else "") + (" (demo company)" if clock.is_demo else "")
    if not given.rows:
        return Digest(week, [head, "Nothing to show yet, because no source gave a row: `goodwill doctor` says what is missing."], [])
    objectives, flags = published.rows(OBJECTIVES), published.rows(FLAGS)
    news = _news(published, objectives)
    lines = [
        head,
        _flag(flags, published.rows(UNTOLD), clock),
        _tally(objectives),
        _changed(news, told, since),
        *_audiences(published),
        _needs(published, objectives, flags, clock),
    ]
    return Digest(week, [printable(line) for line in lines], sorted(news))

"""Names and numbers of the marts -> what a reader sees: labels, formulas of measures that are no column, figures with their unit."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["share", "return", "money", "points", "signed", "gap", "number"]
Number = float | int | Decimal

LABELS = {
    "accuracy_trust": "Trust as they see it, less what staff expect",
    "adjusted": "Difference, like with like",
    "answered_24h": "Answered within a day",
    "any_touch": "Any touch",
    "at_risk": "Still under observation",
    "attributed_margin": "Credited margin",
    "attributed_revenue": "Credited revenue",
    "attributed_roi": "Attributed ROI",
    "cac": "Cost of a new customer (CAC)",
    "claim_window": "Window of the platform's claim",
    "claimed_ratio": "Claimed conversions over found ones",
    "community_active": "Active in the community",
    "cross_team_share": "Ties across teams",
    "enps": "Would recommend us as employer (eNPS)",
    "full_cost": "Full cost of social",
    "grr": "Gross revenue retention",
    "horizon_days": "Days after the landmark",
    "iroi": "Incremental ROI",
    "logo_churn": "Clients lost",
    "n": "How many were counted",
    "n0": "Clients who were not engaged",
    "n1": "Clients who were engaged",
    "naive": "Difference as it is",
    "net_density": "Density of the network",
    "net_reciprocity": "Ties that go both ways",
    "nps": "Would recommend us (NPS)",
    "nrr": "Net revenue retention",
    "opr_trust": "Trust",
    "reciprocity_dyad": "People answered at all",
    "repeat_engagement": "People who come back",
    "roas": "Revenue over ad spend (ROAS)",
    "response_rate_1h": "Answered within 1 hour",
    "response_rate_4h": "Answered within 4 hours",
    "response_rate_24h": "Answered within a day",
    "response_rate_72h": "Answered within 3 days",
    "response_within_60min_km": "Answered within the hour",
    "retention_lift": "Retention, engaged against not",
    "sup_response_parity": "Suppliers answered within a day, less clients",
    "thread_depth_share_3": "Threads of three turns or more",
    "two_way_thread": "Both sides spoke",
    "two_way_ratio": "Two-way ratio",
}
# Formulas of measures that have no column of their own: the comment of `value` cannot say them.
FORMULAS = {
    "accuracy_trust": "An audience's own view of its trust, minus staff's estimate of it, on 0 to 100; 0 is perfect understanding.",
    "attributed_margin": "Contribution margin credited to social channels in the quarter. Credit, not effect.",
    "attributed_revenue": "Revenue credited to social channels in the quarter, less refunds. Credit, not effect.",
    "attributed_roi": "(attributed contribution margin - full cost) / full cost. Credit, not effect.",
    "cross_team_share": "Ties over the team's border / all ties.",
    "enps": "% of answers 9 to 10 minus % of 0 to 6, among employees.",
    "full_cost": "Ad spend + staff hours at their loaded rate + tools + content and agency + creator fees, spread over each cost's period.",
    "iroi": "(incremental margin - cost) / cost, from experiments of grade A and B alone.",
    "n": "How many were counted",
    "net_density": "Directed edges between members / n (n - 1), n = members.",
    "net_reciprocity": "Edges whose opposite stands too / edges.",
    "nps": "% of answers 9 to 10 minus % of 0 to 6.",
    "opr_trust": "Mean of the trust items of Hon and Grunig (1999), reversed ones turned, rescaled to 0 to 100.",
    "reciprocity_dyad": "People who addressed us and got an addressed reply / people who addressed us.",
    "repeat_engagement": "People active on two or more days of 90 / people active who were first seen before them.",
    "response_rate": "Messages answered within the hours named / messages that need a reply and whose hours have passed.",
    "response_within_60min_km": "P(answered within 60 minutes) over all messages that need a reply, unanswered ones counted as censored.",
    "retention_lift": "Retained share of engaged clients minus that of the others, naive and adjusted, both clocks starting at the landmark.",
    "sup_response_parity": "Share of suppliers' messages answered within 24 hours minus that of clients', in points, with the same mix of kinds.",
    "thread_depth_share_3": "Threads with at least three turns / threads in which both sides wrote.",
    "two_way_ratio": "Our replies / (our posts + comments + replies), on public social platforms; one reply counts once per message, and no bot's.",
}
KINDS: dict[str, Kind] = {
    "attributed_margin": "money",
    "attributed_revenue": "money",
    "contribution_margin": "money",
    "full_cost": "money",
    "revenue": "money",
    "attributed_roi": "return",
    "iroi": "return",
    "accuracy_trust": "signed",
    "effect_pct": "signed",
    "nps": "signed",
    "enps": "signed",
    "retention_lift": "gap",
    "naive": "gap",
    "adjusted": "gap",
    "sup_response_parity": "gap",
}
SHARES = (
    "repeat_",
    "return_rate",
    "peer_",
    "advocacy_",
    "first_touch_human",
    "response_",
    "first_response_within",
    "two_way",
    "broadcast",
    "reciprocity",
    "thread_depth_share",
    "net_",
    "logo_churn",
)
MEDIANS = ("response_time_median", "first_response_median")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def label(name: str) -> str:
    """A measure, channel or audience for readers."""
    return LABELS.get(name) or (name[:1].upper() + name[1:]).replace("_", " ")


def within(name: str) -> str:
    """The same inside a sentence: only its first letter is made small."""
    shown = label(name)
    return shown[:1].lower() + shown[1:]


def formula(measure: str) -> str | None:
    """How a measure is worked out, where no column's comment says it."""
    return FORMULAS.get(measure) or (FORMULAS["response_rate"] if measure.startswith("response_rate_") else None)


def kind(measure: str) -> Kind:
    """What a measure's figures are counted in."""
    if measure in KINDS:
        return KINDS[measure]
    if measure in ("nrr", "grr", "match_rate", "survival") or measure.endswith("_share"):
        return "share"
    if measure.startswith(SHARES) and not measure.startswith(MEDIANS):
        return "share"
    return "points" if measure.startswith("opr_") else "number"


def _signed(written: str) -> str:
    return written.replace("-", "\u2212")


def figure(value: Number, of: Kind, has_unit: bool = True) -> str:
    """A figure as it is read: shares and returns in per cent, money in whole units with its thousands apart."""
    number = float(value)
    percent = "\u00a0%" if has_unit else ""
    if of == "share":
        return _signed(f"{number * 100:.1f}{percent}")
    if of == "return":
        return _signed(f"{number * 100:+,.0f}{percent}")
    if of == "gap":
        return _signed(f"{number * 100:+.1f}") + ("\u00a0points" if has_unit else "")
    if of == "signed":
        return _signed(f"{number:+.1f}")
    if of == "points":
        return _signed(f"{number:.1f}")
    if of == "money" or abs(number) >= 100:
        return _signed(f"{number:,.0f}")
    return _signed(f"{number:.3g}")


def interval(lo: Number | None, hi: Number | None, of: Kind) -> str | None:
    """Both limits; None where one of them is not known."""
    return None if lo is None or hi is None else f"{figure(lo, of, False)} to {figure(hi, of, False)}"


def change(value: Number, of: Kind) -> str:
    """A difference of two figures; of shares in points of a hundred."""
    moved = float(value) * (100 if of in ("share", "return", "gap") else 1)
    written = f"{moved:+,.0f}" if of == "money" else f"{moved:+.1f}"
    # what is not zero does not look like it: an interval that leaves zero out has to be seen to
    return _signed(f"{moved:+.1g}" if moved and not float(written.replace(",", "")) else written)


def quarter(first_day: date) -> str:
    """2026-01-01 is Q1 2026."""
    return f"Q{(first_day.month + 2) // 3} {first_day.year}"


def month(first_day: date) -> str:
    return f"{MONTHS[first_day.month - 1]} {first_day.year}"


def period(kind: str | None, first_day: date | None) -> str | None:
    """When it was measured, as it stands after a figure; None for what has no period."""
    if first_day is None or kind == "all":
        return None
    if kind == "wave":
        return f"in the wave of {month(first_day)}"
    named = {"quarter": quarter, "month": month, "year": lambda on: f"{on.year}"}
    return f"in {named[kind](first_day)}" if kind in named else f"from {day(first_day)}"


def day(on: date | datetime) -> str:
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def plural(count: int, singular: str) -> str:
    return f"{count:,} {singular}" if count == 1 else f"{count:,} {singular}s"

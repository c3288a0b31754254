"""Rows of a small company for the page, by mart: something measured, something too small, something nobody asked."""

from datetime import date, datetime
from typing import Any

from page_curves import exposure_curves

QUARTERS = (date(2025, 10, 1), date(2026, 1, 1))
MAY = date(2026, 5, 1)
WILSON = "Wilson at n / deff"
Rows = list[dict[str, Any]]


def score(
    quarter: date, audience: str, side: str, mart: str, measure: str, value: float | None, half: float | None = None, **more: Any
) -> dict[str, Any]:
    """A row of the scorecard; its interval reaches `half` to both sides."""
    limits = {} if value is None or half is None else {"lo": value - half, "hi": value + half}
    state = "measured" if value is not None else "not_measured"
    return {
        "quarter": quarter,
        "audience": audience,
        "side": side,
        "mart": mart,
        "measure": measure,
        "value": value,
        "state": state,
        **limits,
        **more,
    }


def scorecard() -> Rows:
    rows: Rows = []
    for step, quarter in enumerate(QUARTERS):
        is_last = step == 1
        credit = {"evidence_grade": "D", "method": "credit by rule, from sums"}
        rows += [
            score(
                quarter,
                "company",
                "money",
                "roi.channel_summary",
                "attributed_roi",
                0.1 + 0.2 * step,
                change=0.2,
                is_megaphone=is_last,
                **credit,
            ),
            score(quarter, "company", "money", "roi.channel_summary", "full_cost", 50_000, method="exact"),
            score(quarter, "company", "money", "roi.experiments", "iroi", None, suppressed_reason="no experiment measures it"),
            score(quarter, "clients", "money", "roi.revenue_retention", "nrr", 0.97, change=0.01, method="exact"),
            score(
                quarter,
                "clients",
                "people",
                "relationships.indicators",
                "response_rate_24h",
                0.8,
                0.03,
                change=0.01,
                change_lo=-0.02,
                change_hi=0.04,
                method=WILSON,
            ),
            score(
                quarter,
                "public",
                "people",
                "relationships.indicators",
                "two_way_ratio",
                0.6 - 0.1 * step,
                0.02,
                change=-0.1,
                change_lo=-0.14,
                change_hi=-0.06,
                method=WILSON,
                is_megaphone=is_last,
            ),
            score(quarter, "public", "money", "roi.experiments", "iroi", None, suppressed_reason="no experiment measures it"),
            score(
                quarter,
                "employees",
                "people",
                "relationships.surveys",
                "opr_trust",
                None,
                state="suppressed",
                suppressed_reason="fewer than 30 respondents",
            ),
        ]
    return rows


def objectives() -> Rows:
    aim = {
        "audience": "public",
        "mart": "relationships.indicators",
        "measure": "two_way_ratio",
        "direction": "up",
        "due_on": date(2026, 12, 31),
        "method": WILSON,
        "n": 900,
    }
    return [
        aim
        | {
            "objective_id": "a",
            "title": "Talk with people",
            "state": "met",
            "baseline": 0.3,
            "target": 0.4,
            "value": 0.5,
            "lo": 0.45,
            "hi": 0.55,
        },
        aim
        | {
            "objective_id": "b",
            "title": "Talk more",
            "state": "cannot_tell",
            "target": 0.5,
            "value": 0.5,
            "lo": 0.45,
            "hi": 0.55,
            "reason": "the interval spans the target",
        },
        aim
        | {
            "objective_id": "c",
            "title": "Be trusted",
            "state": "not_measured",
            "target": 60,
            "measure": "opr_trust",
            "mart": "relationships.surveys",
            "reason": "nobody was asked",
        },
    ]


def channels() -> Rows:
    shared = {
        "month": MAY,
        "headline": "no causal estimate; credit, not effect",
        "evidence_grade": "D",
        "currency": "EUR",
        "is_mature": True,
        "method": "bootstrap-t",
    }
    return [
        shared
        | {
            "channel": "email",
            "attributed_roi": 3.5,
            "lo": 1.7,
            "hi": 4.9,
            "interval_kind": "sampling",
            "n": 249,
            "revenue": 93_967,
            "contribution_margin": 51_000,
            "full_cost": 11_326,
        },
        shared
        | {
            "channel": "paid_social",
            "attributed_roi": -0.35,
            "lo": -0.6,
            "hi": -0.3,
            "interval_kind": "range over rules and lookbacks",
            "n": 274,
            "revenue": 139_261,
            "full_cost": 117_796,
            "claimed_ratio": 3.1,
            "roas": 1.2,
            "cac": 900,
        },
        shared
        | {
            "channel": "influencer",
            "n": 178,
            "revenue": 34_963,
            "full_cost": 19_800,
            "suppressed_reason": "cost missing: 2026-05: creator missing",
        },
    ]


def indicators() -> Rows:
    cut = {
        "platform": "all",
        "profile_id": "all",
        "dimension": "all",
        "dimension_value": "all",
        "unit": "share",
        "method": WILSON,
        "is_complete": True,
    }
    rows: Rows = []
    for month, value in enumerate((0.6, 0.61, None, 0.58, 0.5), start=1):
        known = (
            {"value": value, "lo": value - 0.03, "hi": value + 0.03, "n": 400}
            if value is not None
            else {"suppressed_reason": "fewer than 30 independent clusters"}
        )
        rows.append(
            cut | known | {"indicator": "two_way_ratio", "period_kind": "month", "period_start": date(2026, month, 1), "audience": "public"}
        )
    rows.append(
        cut
        | {
            "indicator": "two_way_ratio",
            "period_kind": "month",
            "period_start": MAY,
            "audience": "suppliers",
            "suppressed_reason": "fewer than 10 people",
        }
    )
    for hours, value in ((1, 0.2), (4, 0.3), (24, 0.5), (72, 0.55)):
        rows.append(
            cut
            | {
                "indicator": f"response_rate_{hours}h",
                "period_kind": "quarter",
                "period_start": QUARTERS[1],
                "audience": "clients",
                "value": value,
                "lo": value - 0.04,
                "hi": value + 0.04,
                "n": 700,
            }
        )
    return rows


STORY = {"story_id": "s1", "quarter": QUARTERS[1], "audience": "clients", "rule": "rescue", "conversation_ref": "https://social.example/1", "indicator_ref": "response_rate_24h", "roi_ref": "nrr", "eligible": 40, "matched": 9, "is_counter": False, "state": "approved", "text": "You were quicker than the fire brigade."}  # fmt: skip
EXPERIMENT = {"experiment_id": "x1", "outcome": "revenue", "outcome_kind": "money", "is_primary": True, "design": "geo", "channel": "paid_social", "starts_on": date(2026, 2, 1), "ends_on": date(2026, 3, 1), "n_units": 40, "effect_total": 9000, "effect_total_lo": 2000, "effect_total_hi": 16000, "method": "Welch t", "evidence_grade": "A", "headline": "tested", "iroi": 0.8, "iroi_lo": 0.1, "iroi_hi": 1.5}  # fmt: skip


def filled() -> dict[str, Rows]:
    """Rows by mart."""
    trust = {"date": date(2026, 6, 30), "duplicates": 0, "quarantined": 0, "untagged_links": 0}
    return {
        "board.scorecard": scorecard(),
        "board.objectives": objectives(),
        "board.data_trust": [
            trust | {"source": "files", "rows": 2000, "failed_checks": 0},
            trust | {"source": "bluesky", "rows": 500, "fresh_until": datetime(2026, 6, 30, 12), "match_rate": 0.14, "failed_checks": 2},
        ],
        "core.channels": [{"channel": "email", "name": "E-mail"}, {"channel": "paid_social", "name": "Paid social"}],
        "core.ad_days": [{"platform": "ads", "ad_id": "1", "date": MAY, "channel": "paid_social", "claim_window": "7d_click"}],
        "core.coverage": [
            {
                "source": "goodwill",
                "entity": "roi.markov_channels",
                "measure": "*",
                "state": "not_filled",
                "reason": "a later release fills it",
            },
            {
                "source": "bluesky",
                "entity": "posts",
                "measure": "reach",
                "state": "not_given",
                "reason": "the rows of this source do not give it",
            },
        ],
        "roi.channel_summary": channels(),
        "roi.channel_costs": [{"month": MAY, "channel": "influencer", "kind": "creator", "cost_coverage": "missing"}],
        "roi.revenue_retention": [
            {
                "month": date(2026, month, 1),
                "segment": "all",
                "window_months": 12,
                "n": 80,
                "nrr": 1.02 - month / 100,
                "grr": 0.95 - month / 100,
                "method": "exact",
                "is_complete": True,
            }
            for month in range(1, 6)
        ],
        "roi.retention_curves": [
            {
                "segment": "all",
                "month_number": month,
                "at_risk": 100 - month,
                "events": 1,
                "survival": 1 - month / 50,
                "lo": 0.97 - month / 50,
                "hi": 1.0 - month / 60,
                "method": "Kaplan-Meier",
            }
            for month in (2, 6, 14)
        ],
        "roi.retention_curves_by_exposure": exposure_curves(),
        "relationships.indicators": indicators(),
        "relationships.stories": [STORY],
    }

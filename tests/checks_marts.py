"""Rows of marts in which every expectation holds: what the types of a contract do not tell, by mart and column (a list has one value a row)."""

from datetime import date

MONTHS = [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)]
DAYS = [date(2026, 6, 28), date(2026, 6, 29), date(2026, 6, 30)]
RATIO = {
    "attributed_roi": 0.5,
    "contribution_margin": 15,
    "full_cost": 10,
    "model_lo": 0.1,
    "model_hi": 0.9,
    "evidence_grade": "D",
    "month": MONTHS,
}
EFFECT = {"effect": 0.5, "effect_lo": 0.4, "effect_hi": 0.6, "effect_total": 50, "effect_total_lo": 40, "effect_total_hi": 60}
EFFECT |= {"n_units": 30, "n_treated": 10, "n_control": 20, "pretrend_p": 0.5, "srm_p": 0.5, "evidence_grade": "A", "design": "randomised"}
EFFECT |= {"effect_pct": 5, "effect_pct_lo": 4, "effect_pct_hi": 6, "shares_units_with": None}

MARTS = {
    "core.ad_days": {"date": DAYS},
    "core.costs": {"month": MONTHS, "cost_id": "one"},
    "core.coverage": {"state": "given"},
    "core.dates": {"date": DAYS},
    "core.experiments": EFFECT,
    "core.post_days": {"likes_delta": [None, 10, 5], "likes": [20, 30, 35], "post_id": "post_id_1", "date": DAYS},
    "core.posts": {"engagements_public": 39, "engagements": 62, "engagement_rate_by_impressions": 0.06, "deleted_at": None},
    "core.profile_days": {"followers_delta": 10, "date": DAYS},
    "core.profile_post_days": {"likes_delta": [None, 10, 5], "date": DAYS},
    "core.revenue": {"amount": 100, "contribution_margin": 60, "kind": "order"},
    "roi.attribution_credits": {"credit": 1, "revenue": 100, "conversion_id": ["a", "a", "b"], "model": ["first", "last", "first"]},
    "roi.campaigns": RATIO,
    "roi.channel_costs": {"full_cost": 20},
    "roi.channel_months": RATIO | {"model": "linear", "basis": "cash"},
    "roi.channel_summary": RATIO
    | {"headline": "tested", "evidence_grade": "A", "iroi": 0.5, "iroi_lo": 0.4, "iroi_hi": 0.6, "method": "exact"},
    "roi.cohorts": {"cohort_month": MONTHS, "month_number": [0, 0, 1], "customers": 10, "active": [10, 10, 5], "active_share": [1, 1, 0.5]},
    "roi.experiments": EFFECT
    | {"iroi": 0.5, "iroi_lo": 0.4, "iroi_hi": 0.6, "iroas": 2, "iroas_lo": 1, "iroas_hi": 3, "incremental_margin": 15, "cost": 10}
    | {"headline": "tested"},
    "roi.markov_channels": {
        "lookback_days": 30,
        "share": [0.2, 0.4, 0.4],
        "removal_effect": 0.5,
        "p_conversion": 0.3,
        "p_conversion_empirical": 0.3,
    },
    "roi.mmm_weeks": {"week": [date(2026, 6, 8), date(2026, 6, 15), date(2026, 6, 22)]},
    "roi.mrr_movements": {"mrr": [100, 0, 50], "mrr_change": [100, -100, 50], "category": ["new", "churn", "reactivation"]}
    | {"account_id": "acme", "month": MONTHS},
    "roi.retention_curves": {"segment": "all", "month_number": [1, 2, 3], "survival": [0.55, 0.5, 0.45], "at_risk": 20, "events": 2},
    "roi.retention_curves_by_exposure": {"day": [1, 2, 3], "survival": [0.55, 0.5, 0.45], "at_risk": 20, "events": 2}
    | {"landmark_kind": "tenure", "segment": "all", "exposure": "any_touch", "is_engaged": True},
    "roi.retention_lift": {"adjusted": 0.5, "naive": 0.5, "naive_lo": 0.4, "naive_hi": 0.6, "matched_share": 0.9, "negative_control_p": 0.5}
    | {"evidence_grade": "C"},
    "roi.revenue_retention": {
        "start_mrr": 100,
        "expansion": 15,
        "contraction": 5,
        "churned_mrr": 8,
        "nrr": 1.02,
        "grr": 0.87,
        "logo_churn": 0.1,
    },
    "relationships.indicators": {
        "indicator": ["two_way_ratio", "broadcast_share", "response_rate_24h"],
        "unit": "share",
        "period_kind": "month",
    }
    | {"period_start": date(2026, 6, 1), "numerator": 100, "denominator": 200, "change": 0.1, "change_lo": 0.05, "change_hi": 0.15}
    | {"audience": "public", "profile_id": "all", "dimension": "all", "dimension_value": "all"},
    "relationships.internal_network": {"n": 20, "edges": 100, "messages": 500, "density": 0.26, "reciprocity": 0.5, "ei_index": -0.2}
    | {"cross_team_share": 0.4, "gini": 0.5, "ties": 70, "tie_density": 0.37},
    "relationships.stories": {"rule": "neglected", "state": "approved", "is_counter": True},
    "relationships.surveys": {"measure": ["opr_trust", "nps", "csat"], "response_rate": 0.4, "alpha": 0.8},
    "relationships.understanding": {"n_first": 60, "n_second": 60},
    "board.data_trust": {"match_rate": 0.5, "unattributed_share": 0.3, "failed_checks": 0, "quarantined": 0},
    "board.objectives": {"direction": "up", "target": 0.3, "state": "met", "reason": None},
    "board.scorecard": {"audience": "public", "side": ["people", "people", "money"], "state": "measured", "quarter": date(2026, 4, 1)}
    | {"evidence_grade": "A", "measure": "response_rate_24h"},
}

"""What the house writes down for itself, table by table of raw_goodwill: clock, loads, gaps, refusals, tombstones, and what it told whom."""

# Content of these is free of run ids and wall clock, so that a repeated run without news changes nothing.
GOODWILL_TABLES = {
    "stamp": {"warehouse_id": "VARCHAR", "is_demo": "BOOLEAN", "key_check": "VARCHAR"},
    "salt": {"salt": "VARCHAR"},
    "clock": {"as_of": "TIMESTAMP", "is_demo": "BOOLEAN"},
    "loads": {
        "source": "VARCHAR",
        "raw_table": "VARCHAR",
        "entity": "VARCHAR",
        "state": "VARCHAR",
        "reason": "VARCHAR",
        "loaded_total": "BIGINT",
        "api_total": "BIGINT",
        "fresh_until": "TIMESTAMP",
        "account": "VARCHAR",
    },
    "withdrawn_metrics": {
        "source": "VARCHAR",
        "account": "VARCHAR",
        "entity": "VARCHAR",
        "measure": "VARCHAR",
        "unavailable_since": "TIMESTAMP",
    },
    "unknown_fields": {"source": "VARCHAR", "raw_table": "VARCHAR", "field": "VARCHAR", "first_seen_at": "TIMESTAMP"},
    "refused_files": {"file": "VARCHAR", "entity": "VARCHAR", "line": "BIGINT", "field": "VARCHAR", "reason": "VARCHAR"},
    # Of whoever is forgotten nothing else stays; `forgetting` holds keys only while a `goodwill forget` is at work.
    "tombstones": {"tombstone": "VARCHAR", "requested_at": "TIMESTAMP"},
    "forgetting": {"person_key": "VARCHAR", "requested_at": "TIMESTAMP"},
    # What was published of people, and what the next publication is held against (dbt_project/macros/held_back.sql)
    "told_indicators": {
        "cell": "UBIGINT",
        "recipe": "VARCHAR",
        **dict.fromkeys(("indicator", "period_kind"), "VARCHAR"),
        "period_start": "DATE",
        **dict.fromkeys(("audience", "platform", "profile_id", "dimension", "dimension_value", "unit"), "VARCHAR"),
        "people": "BIGINT",
        "prints": "UINTEGER[]",
        "counted_on": "DATE",
        "suppressed_reason": "VARCHAR",
        "method": "VARCHAR",
        "numerator": "BIGINT",
        "denominator": "BIGINT",
        "n": "BIGINT",
        **{"clusters": "BIGINT"} | dict.fromkeys(("deff", "value", "lo", "hi", "correlation"), "DOUBLE"),
    },
    "told_surveys": {
        "cell": "UBIGINT",
        **dict.fromkeys(("recipe", "wave", "audience", "measure", "unit", "method", "suppressed_reason"), "VARCHAR"),
        "people": "BIGINT",
        "prints": "UINTEGER[]",
        **dict.fromkeys(("n", "invited", "alpha_n"), "BIGINT"),
        **dict.fromkeys(("value", "lo", "hi", "alpha"), "DOUBLE"),
        **dict.fromkeys(("first_answer_on", "last_answer_on", "wave_on", "counted_on"), "DATE"),
    },
    "told_understanding": {
        "cell": "UBIGINT",
        **dict.fromkeys(("recipe", "wave", "audience", "dimension", "measure", "side", "method", "suppressed_reason"), "VARCHAR"),
        "people": "BIGINT",
        "prints": "UINTEGER[]",
        **dict.fromkeys(("n_first", "n_second"), "BIGINT"),
        **dict.fromkeys(("value", "lo", "hi"), "DOUBLE"),
        **dict.fromkeys(("last_answer_on", "wave_on", "counted_on"), "DATE"),
    },
    "told_network": {
        "cell": "UBIGINT",
        **dict.fromkeys(("recipe", "team", "method", "suppressed_reason"), "VARCHAR"),
        "people": "BIGINT",
        "prints": "UINTEGER[]",
        **dict.fromkeys(("n", "messages", "edges", "ties"), "BIGINT"),
        **dict.fromkeys(
            ("density", "reciprocity", "tie_density", "ei_index", "ei_index_lo", "ei_index_hi", "gini", "gini_lo", "gini_hi"), "DOUBLE"
        ),
        **dict.fromkeys(("cross_team_share", "cross_team_share_lo", "cross_team_share_hi"), "DOUBLE"),
        **dict.fromkeys(("month", "counted_on"), "DATE"),
    },
    "failed_checks": {"source": "VARCHAR", "raw_table": "VARCHAR", "expectation": "VARCHAR", "is_blocking": "BOOLEAN"},
}

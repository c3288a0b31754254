{# What the board sees, and what an objective may name: a closed list, so that text from data is only ever compared, never run. #}

{% macro scorecard_measures() -%}
{#- (mart, measure, side, audiences): each stands on the scorecard of every quarter, measured or not. -#}
{{ return([
    ('roi.channel_summary', 'attributed_roi', 'money', ['company']),
    ('roi.channel_summary', 'attributed_revenue', 'money', ['company']),
    ('roi.channel_summary', 'attributed_margin', 'money', ['company']),
    ('roi.channel_summary', 'full_cost', 'money', ['company']),
    ('roi.experiments', 'iroi', 'money', ['company', 'employees', 'public', 'suppliers']),
    ('roi.revenue_retention', 'nrr', 'money', ['clients']),
    ('roi.revenue_retention', 'grr', 'money', ['clients']),
    ('roi.revenue_retention', 'logo_churn', 'money', ['clients']),
    ('roi.retention_lift', 'retention_lift', 'money', ['clients']),
    ('roi.attribution_credits', 'attributed_margin', 'money', ['clients']),
    ('relationships.indicators', 'two_way_ratio', 'people', ['public', 'clients', 'suppliers']),
    ('relationships.indicators', 'response_rate_24h', 'people', ['public', 'clients', 'suppliers']),
    ('relationships.indicators', 'response_within_60min_km', 'people', ['public', 'clients', 'suppliers']),
    ('relationships.indicators', 'reciprocity_dyad', 'people', ['public', 'clients', 'suppliers']),
    ('relationships.indicators', 'thread_depth_share_3', 'people', ['public', 'clients']),
    ('relationships.indicators', 'repeat_engagement', 'people', ['public', 'clients', 'suppliers']),
    ('relationships.indicators', 'sup_response_parity', 'people', ['suppliers']),
    ('relationships.internal_network', 'net_density', 'people', ['employees']),
    ('relationships.internal_network', 'net_reciprocity', 'people', ['employees']),
    ('relationships.internal_network', 'cross_team_share', 'people', ['employees']),
    ('relationships.surveys', 'opr_trust', 'people', ['employees', 'public', 'clients', 'suppliers']),
    ('relationships.surveys', 'nps', 'people', ['clients', 'suppliers']),
    ('relationships.surveys', 'enps', 'people', ['employees']),
    ('relationships.understanding', 'accuracy_trust', 'people', ['employees', 'public', 'clients', 'suppliers']),
]) }}
{%- endmacro %}

{% macro further_measures() -%}
{#- Measures that an objective may name besides; <measure>/<what> names one experiment, exposure, channel or source. -#}
{%- set understood = [] -%}
{%- for measure in ['accuracy', 'agreement', 'congruency'] -%}
{%- for dimension in survey_dimensions() + ['unnamed'] -%}
{%- do understood.append(measure ~ '_' ~ dimension) -%}
{%- endfor -%}
{%- endfor -%}
{%- set post_growth = [] -%}
{%- for measure in additive_post_measures() -%}
{%- do post_growth.append(measure ~ '_delta') -%}
{%- endfor -%}
{{ return([
    ('relationships.indicators', [
        'broadcast_share', 'replies_total', 'distinct_reply_share', 'response_rate_1h', 'response_rate_4h', 'response_rate_72h',
        'response_time_median_km', 'first_response_median_km', 'first_response_within_60min', 'thread_depth_mean',
        'return_rate_28d', 'peer_share', 'peer_help_rate', 'peer_help_rate_other_team', 'advocacy_rate', 'sentiment_net', 'sentiment_net_corrected',
        'sentiment_scored_share', 'needs_reply_given_share', 'gini_participation', 'first_touch_human', 'csat', 'ces', 'nps', 'enps',
        'opr_trust', 'opr_control_mutuality', 'opr_satisfaction', 'opr_commitment', 'opr_exchange', 'opr_communal', 'unnamed_scale',
        'net_density', 'net_reciprocity', 'cross_team_share', 'ei_index',
    ] + understood),
    ('relationships.internal_network', ['messages', 'tie_density', 'ei_index', 'gini']),
    ('roi.experiments', ['iroas']),
    ('core.experiments', ['effect', 'effect_pct']),
    ('roi.mrr_movements', ['mrr']),
    ('roi.channel_summary', ['roas', 'cac']),
    ('relationships.surveys', [
        'csat', 'ces', 'opr_control_mutuality', 'opr_satisfaction', 'opr_commitment', 'opr_exchange', 'opr_communal', 'unnamed_scale',
    ]),
    ('relationships.understanding', understood),
    ('core.posts', ['posts', 'engagement_rate_by_impressions'] + post_totals()),
    ('core.post_days', post_growth),
    ('core.profile_days', ['followers', 'followers_delta']),
    ('board.data_trust', counted_trust_measures() + shared_trust_measures()),
]) }}
{%- endmacro %}

{% macro post_totals() -%}
{#- Totals of posts that may be added up: reach may not. -#}
{{ return(additive_post_measures() + ['engagements_public', 'engagements']) }}
{%- endmacro %}

{% macro counted_trust_measures() -%}
{{ return(['rows', 'duplicates', 'quarantined', 'untagged_links', 'failed_checks']) }}
{%- endmacro %}

{% macro shared_trust_measures() -%}
{#- Shares are of one source: match_rate/<source>. -#}
{{ return(['match_rate', 'unattributed_share', 'conversions_vs_ledger_pct']) }}
{%- endmacro %}

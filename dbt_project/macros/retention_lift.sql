{# Engaged clients against others: the spans of time, in days (METRICS section 3). #}

{% macro exposure_days() -%}{{ return(90) }}{%- endmacro %}

{% macro horizon_days() -%}{{ return(180) }}{%- endmacro %}

{# As pipelines/estimates/retention_lift.py has them: the waiting that are enough to be compared with, the fewest clients that are shown. #}
{% macro minimum_waiting() -%}{{ return(30) }}{%- endmacro %}

{% macro minimum_of_a_group() -%}{{ return(10) }}{%- endmacro %}

{% macro same_cell(one, other, columns) -%}
{#- A join on columns of which some may be NULL. -#}
{%- for column in columns %}{{ one }}.{{ column }} is not distinct from {{ other }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro exposures() -%}{{ return(['answered_24h', 'two_way_thread', 'any_touch', 'community_active']) }}{%- endmacro %}

{% macro quarters_between(first_date, last_date) -%}
{#- A set returning expression: the first day of every quarter from that of the first date to that of the last. -#}
{{ return(adapter.dispatch('quarters_between')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__quarters_between(first_date, last_date) -%}
cast(unnest(generate_series(date_trunc('quarter', cast({{ first_date }} as timestamp)), cast({{ last_date }} as timestamp), interval 3 month)) as date)
{%- endmacro %}

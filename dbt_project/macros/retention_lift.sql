{# Engaged clients against others: the spans of time, in days (METRICS section 3). #}

{% macro exposure_days() -%}{{ return(90) }}{%- endmacro %}

{% macro horizon_days() -%}{{ return(180) }}{%- endmacro %}

{% macro quarters_between(first_date, last_date) -%}
{#- A set returning expression: the first day of every quarter from that of the first date to that of the last. -#}
{{ return(adapter.dispatch('quarters_between')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__quarters_between(first_date, last_date) -%}
cast(unnest(generate_series(date_trunc('quarter', cast({{ first_date }} as timestamp)), cast({{ last_date }} as timestamp), interval 3 month)) as date)
{%- endmacro %}

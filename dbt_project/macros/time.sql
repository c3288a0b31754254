{# Time: days are days in the reporting time zone, stored times are UTC. #}

{% macro reporting_time(utc) -%}{{ return(adapter.dispatch('reporting_time')(utc)) }}{%- endmacro %}

{% macro duckdb__reporting_time(utc) -%}
{%- if var('reporting_time_zone') == 'UTC' -%}
{{ utc }}
{%- else -%}
timezone('{{ var("reporting_time_zone") }}', timezone('UTC', {{ utc }}))
{%- endif -%}
{%- endmacro %}

{% macro reporting_date(utc) -%}cast({{ reporting_time(utc) }} as date){%- endmacro %}

{% macro reporting_month(utc) -%}{{ month_of(reporting_date(utc)) }}{%- endmacro %}

{% macro month_of(date) -%}cast(date_trunc('month', {{ date }}) as date){%- endmacro %}

{% macro days_between(first_date, last_date) -%}
{#- A set returning expression: every day from the first to the last, both included. Use it in the select list. -#}
{{ return(adapter.dispatch('days_between')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, last_date) -%}
cast(unnest(generate_series(cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval 1 day)) as date)
{%- endmacro %}

{% macro months_between(first_month, last_month) -%}
{#- A set returning expression: the first day of every month from the first to the last, both included. -#}
{{ return(adapter.dispatch('months_between')(first_month, last_month)) }}
{%- endmacro %}

{% macro duckdb__months_between(first_month, last_month) -%}
cast(unnest(generate_series(cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval 1 month)) as date)
{%- endmacro %}

{% macro is_over(period_end) -%}
{#- Whether a period whose last day is given was over at the clock of the build; needs int_clock joined as `clock`. -#}
coalesce({{ period_end }} < clock.as_of_date, false)
{%- endmacro %}

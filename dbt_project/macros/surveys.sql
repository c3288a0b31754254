{# What a questionnaire says of itself where its columns do not. #}

{% macro survey_dimensions() -%}
{{ return(['nps', 'csat', 'ces', 'trust', 'control_mutuality', 'satisfaction', 'commitment', 'exchange', 'communal']) }}
{%- endmacro %}

{% macro dimension_of_item(item) -%}{{ return(adapter.dispatch('dimension_of_item')(item)) }}{%- endmacro %}

{% macro duckdb__dimension_of_item(item) -%}
{#- By the beginning of the item's name (trust_3, NPS); NULL where it names none. -#}
nullif(regexp_extract(lower({{ item }}), '^e?({{ survey_dimensions() | join('|') }})([^a-z]|$)', 1), '')
{%- endmacro %}

{% macro wave_date(wave) -%}{{ return(adapter.dispatch('wave_date')(wave)) }}{%- endmacro %}

{% macro duckdb__wave_date(wave) -%}
{#- First day of a wave that is called by its time (2026-Q1, 2026-05, 2026); NULL where it is not. -#}
coalesce(
    try_cast(
        regexp_extract({{ wave }}, '^(\d{4})-?[Qq]([1-4])', 1) || '-'
        || (3 * try_cast(regexp_extract({{ wave }}, '^(\d{4})-?[Qq]([1-4])', 2) as integer) - 2) || '-1' as date
    ),
    try_cast(regexp_extract({{ wave }}, '^(\d{4}-\d{2})(-\d{2})?$', 1) || '-01' as date),
    try_cast(regexp_extract({{ wave }}, '^(\d{4})$', 1) || '-01-01' as date)
)
{%- endmacro %}

{# The periods that an indicator is given for. #}

{% macro indicator_period_kinds() -%}
(values ('month'), ('quarter'), ('all')) as kinds (period_kind)
{%- endmacro %}

{% macro indicator_period_start(period_kind, month) -%}
{#- First day of the period a month belongs to; NULL for all time. -#}
case
    when {{ period_kind }} = 'month' then {{ month }}
    when {{ period_kind }} = 'quarter' then cast(date_trunc('quarter', {{ month }}) as date)
end
{%- endmacro %}

{% macro next_period_start(period_kind, period_start) -%}
cast({{ period_start }} + case when {{ period_kind }} = 'month' then interval 1 month when {{ period_kind }} = 'quarter' then interval 3 month end as date)
{%- endmacro %}

{% macro previous_period_start(period_kind, period_start) -%}
cast({{ period_start }} - case when {{ period_kind }} = 'month' then interval 1 month when {{ period_kind }} = 'quarter' then interval 3 month end as date)
{%- endmacro %}

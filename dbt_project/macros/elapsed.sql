{# Spans of time, and midnight of the reporting time zone. #}

{% macro minutes_between(earlier, later) -%}{{ return(adapter.dispatch('minutes_between')(earlier, later)) }}{%- endmacro %}

{% macro duckdb__minutes_between(earlier, later) -%}
{#- Exact to the microsecond, as a double. -#}
((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 60000000.0)
{%- endmacro %}

{% macro utc_of_reporting(date) -%}{{ return(adapter.dispatch('utc_of_reporting')(date)) }}{%- endmacro %}

{% macro duckdb__utc_of_reporting(date) -%}
{#- The UTC time at which a day begins in the reporting time zone. -#}
{%- if var('reporting_time_zone') == 'UTC' -%}
cast({{ date }} as timestamp)
{%- else -%}
timezone('UTC', timezone('{{ var("reporting_time_zone") }}', cast({{ date }} as timestamp)))
{%- endif -%}
{%- endmacro %}

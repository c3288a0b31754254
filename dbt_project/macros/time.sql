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

{% macro estimates(table, columns) -%}
{#- An est_* table of pipelines/estimate.py; no row where it has never run, so that `dbt build` alone works. -#}
{%- set place = source('estimates', table) -%}
{%- set relation = load_relation(place) if execute else none -%}
{%- if relation -%}
select {{ columns.keys() | join(', ') }} from {{ relation }}
{%- else -%}
select
    {%- for name, type in columns.items() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
{%- endif -%}
{%- endmacro %}

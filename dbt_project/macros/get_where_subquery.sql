{% macro duckdb__get_where_subquery(relation) -%}
{#- The rows of a test's `where`. dbt's own words leave out the `as` that we ask of everybody. -#}
{%- set where = config.get('where', '') -%}
{{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as tested' if where else relation) }}
{%- endmacro %}

{#- dbt's own safe_cast falls back on a plain cast on DuckDB, which fails on what cannot be cast; this gives NULL. -#}
{% macro duckdb__safe_cast(field, type) %}
    try_cast({{ field }} as {{ type }})
{% endmacro %}

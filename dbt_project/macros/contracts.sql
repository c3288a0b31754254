{# A mart that exists before it is filled. #}

{% macro empty_columns() -%}
{#- The contract's columns as typed NULLs: the body of a mart that a later release fills; core.coverage says so. -#}
{%- for column in model.columns.values() %}
cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}

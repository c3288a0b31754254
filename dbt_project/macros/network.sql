{# The network of colleagues. #}

{% macro least_colleagues() -%}
{#- Groups of fewer employees are not shown (METRICS, privacy). -#}
{{ return(5) }}
{%- endmacro %}

{# The network of colleagues. #}

{% macro least_colleagues() -%}
{#- Groups of fewer employees are not shown (METRICS, privacy). -#}
{{ return(5) }}
{%- endmacro %}

{% macro least_pairs_without_answer() -%}
{#- So many pairs, none of them mutual, are no chance where one tie in five or six is mutual (.82 ^ 15 = .05): then it is a graph without direction. -#}
{{ return(15) }}
{%- endmacro %}

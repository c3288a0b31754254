{# The network of colleagues. #}

{% macro least_colleagues() -%}
{#- Groups of fewer employees are not shown (METRICS, privacy). -#}
{{ return(5) }}
{%- endmacro %}

{% macro least_pairs_without_answer() -%}
{#- So many pairs, none of them mutual, are no chance where one tie in five or six is mutual (.82 ^ 15 = .05): then it is a graph without direction. -#}
{{ return(15) }}
{%- endmacro %}

{% macro network_missing_because(column) -%}
{#- Why a row of relationships.internal_network has no figure in a column; NULL where it has one. -#}
case
    when {{ column }} is null then coalesce(
        suppressed_reason,
        case when method like '%without direction%' then 'the graph has no direction' else 'too few people or ties on a side' end
    )
end
{%- endmacro %}

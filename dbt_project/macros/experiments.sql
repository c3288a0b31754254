{# Tests of amounts, counts, rates and scores. #}

{% macro effect_unit(kind, currency) -%}
{#- What one unit of an effect is. -#}
case {{ kind }}
    when 'money' then {{ currency }} || ' per unit and day'
    when 'count' then 'number per unit and day'
    when 'rate' then 'share'
    when 'score' then 'points of the score'
end
{%- endmacro %}

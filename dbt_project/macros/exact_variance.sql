{% macro exact_variance(x) -%}
{#- Sample variance of a decimal(18, 12) between -1000 and 1000, from exact sums: the same in whatever order the rows come. NULL for one row. -#}
case
    when count({{ x }}) > 1
        then
            (
                cast(sum(cast({{ x }} * {{ x }} as decimal(38, 24))) as double)
                - cast(sum({{ x }}) as double) * cast(sum({{ x }}) as double) / count({{ x }})
            )
            / (count({{ x }}) - 1)
end
{%- endmacro %}

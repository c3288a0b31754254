{# How unevenly a group takes part: the Gini coefficient and its limits. #}

{% macro gini_estimates(members, cell) -%}
{#-
  members: a relation with the columns of a cell, messages of each member (0 included) and place, from the fewest messages to the most.
  Gives the cell, n, gini, lo, hi. Limits: jackknife (each member left out in turn) on the logit, around n / (n - 1) of the coefficient, which
  the plain one falls short of; t over members. Few members write most of what is written, and whom chance left out makes both the coefficient and
  its spread too small: the upper limit goes up by Johnson's correction of t for skewness (1978), the lower one needs none.
  No limits where one member wrote everything, or all wrote alike.
-#}
select
    {{ cell }},
    n,
    gini,
    {{ gini_limit('least', '- width') }} as lo,
    {{ gini_limit('greatest', '+ width * (1 + lean)') }} as hi
from (
    select
        *,
        case when n > 1 then gini * n / (n - 1.0) end as centre,
        case
            when written_by_several = n and variance > 0
                then {{ t_quantile('(n - 1)') }} * {{ root('(variance * (n - 1.0) * (n - 1.0) / n)') }} * n / (n - 1.0)
        end as width,
        -- Johnson: standard error * skewness / (6 sqrt(n)) * (1 + 2 t * t), as a part of the width; leaving out what is large makes the coefficient small
        case
            when written_by_several = n and variance > 0
                then
                    greatest(0.0, (3 * mean * variance * (n - 1) / n + pow(mean, 3) - cubes / n) / pow(variance * (n - 1) / n, 1.5))
                    * (1 + 2 * pow({{ t_quantile('(n - 1)') }}, 2)) / (6 * sqrt(n) * {{ t_quantile('(n - 1)') }})
        end as lean
    from (
        select
            {{ cell }},
            max(n) as n,
            max(gini) as gini,
            count(without_one) as written_by_several,
            {{ exact_variance('without_one') }} as variance,
            cast(sum(without_one) as double) / max(n) as mean,
            cast(sum(cast(pow(cast(without_one as double), 3) as decimal(38, 30))) as double) as cubes
        from (
            select
                *,
                -- what the coefficient would be without the member, less what it is
                case
                    when n > 1 and total > messages
                        then
                            cast(
                                2.0 * (placed - place * messages - (total - so_far)) / ((n - 1) * (total - messages)) - n / (n - 1.0) - gini
                                as decimal(18, 12)
                            )
                end as without_one
            from (
                select
                    *,
                    2.0 * placed / (n * total) - (n + 1.0) / n as gini
                from (
                    select
                        {{ cell }},
                        messages,
                        place,
                        cast(sum(messages) over (partition by {{ cell }} order by place rows between unbounded preceding and current row) as bigint) as so_far,
                        cast(sum(messages) over (partition by {{ cell }}) as bigint) as total,
                        cast(sum(place * messages) over (partition by {{ cell }}) as bigint) as placed,
                        count(*) over (partition by {{ cell }}) as n
                    from {{ members }}
                ) as summed
                where total > 0
            ) as measured
        ) as jackknifed
        group by {{ cell }}
    ) as varied
) as spread
{%- endmacro %}

{% macro gini_limit(beyond, side) -%}
case
    when centre > 0 and centre < 1 and width is not null
        then {{ beyond }}(gini, 1 / (1 + exp(-(ln(centre / (1 - centre)) {{ side }} / (centre * (1 - centre))))))
end
{%- endmacro %}

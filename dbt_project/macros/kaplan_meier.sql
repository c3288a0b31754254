{# Times to an event, some of them censored: Kaplan and Meier (1958) with Greenwood's variance and log-log limits. #}

{% macro kaplan_meier_curve(relation, cell, is_of_steps_alone=false) -%}
{#-
  `relation`: one row per `cell` (list of columns) and `t`, with `events` (how many had the event at t) and `leaving` (events and censored
  at t). Gives at_risk, survival S(t), lower and upper (95 %); the limits are NULL where S is 0 or 1. A curve of its steps alone leaves out the
  times at which nobody had the event, but for the last: nothing changes there, and with many censored they are most of what would be sorted;
  it says how many were watched (n) and until when (last_t).
-#}
{%- set in_order = 'over (partition by ' ~ cell | join(', ') ~ ' order by t' -%}
{%- set so_far = 'rows between unbounded preceding and current row)' -%}
select
    {{ cell | join(', ') }},
    t,
    events,
    leaving,
    at_risk,
    {%- if is_of_steps_alone %}
    n,
    last_t,
    {%- endif %}
    survival,
    case
        when survival > 0 and survival < 1
            then exp(-exp(ln(-ln(survival)) + {{ normal_quantile() }} * sqrt(greenwood) / abs(ln(survival))))
    end as lower,
    case
        when survival > 0 and survival < 1
            then exp(-exp(ln(-ln(survival)) - {{ normal_quantile() }} * sqrt(greenwood) / abs(ln(survival))))
    end as upper
from (
    select
        *,
        {{ running_product('1 - events / cast(at_risk as double)', cell, 't') }} as survival,
        sum(case when at_risk > events then events / (cast(at_risk as double) * (at_risk - events)) end) {{ in_order }} {{ so_far }} as greenwood
    from (
        select
            *,
            {%- if is_of_steps_alone %}
            sum(leaving) {{ in_order }} desc rows between unbounded preceding and unbounded following) as n,
            first_value(t) {{ in_order }} desc {{ so_far }} as last_t,
            {%- endif %}
            sum(leaving) {{ in_order }} desc {{ so_far }} as at_risk
        from {{ relation }}
    ) as counted
    {%- if is_of_steps_alone %}
    where events > 0 or t = last_t
    {%- endif %}
) as estimated
{%- endmacro %}

{% macro kaplan_meier_crossing(limit) -%}
{#- An aggregate over a curve: the first t at which S, or a limit of it, is at most one half; NULL where it never is. -#}
min(case when {{ limit }} <= 0.5 + 1e-12 then t end)
{%- endmacro %}

{% macro kaplan_meier_at(column, t) -%}
{#- An aggregate over a curve: the value at the last step up to t; NULL where none came before. -#}
max_by({{ column }}, case when t <= {{ t }} then t end)
{%- endmacro %}

{% macro log_rank(relation, cell) -%}
{#-
  `relation`: one row per `cell` (list of columns) and time at which anybody had the event, with `events` and `at_risk` of both groups together
  and `events_here` and `at_risk_here` of one of them. Gives chi_square with 1 degree of freedom and its p; NULL where nothing can vary.
-#}
select
    {{ cell | join(', ') }},
    chi_square,
    -- least(1, NULL) is 1
    case when chi_square is not null then {{ two_sided_p('sqrt(chi_square)') }} end as p
from (
    select
        {{ cell | join(', ') }},
        case when variance > 0 then cast(surplus as double) * cast(surplus as double) / cast(variance as double) end as chi_square
    from (
        select
            {{ cell | join(', ') }},
            sum(events_here) - sum(cast(events * at_risk_here / cast(at_risk as double) as decimal(38, 18))) as surplus,
            sum(
                cast(
                    case
                        when at_risk > 1
                            then
                                events
                                * (at_risk_here / cast(at_risk as double))
                                * (1 - at_risk_here / cast(at_risk as double))
                                * (at_risk - events)
                                / (at_risk - 1)
                        else 0
                    end as decimal(38, 18)
                )
            ) as variance
        from {{ relation }}
        group by {{ cell | join(', ') }}
    ) as summed
) as compared
{%- endmacro %}

{% macro running_product(x, partition_by, order_by) -%}
{{ return(adapter.dispatch('running_product')(x, partition_by, order_by)) }}
{%- endmacro %}

{% macro duckdb__running_product(x, partition_by, order_by) -%}
product({{ x }}) over (
            partition by {{ partition_by | join(', ') }} order by {{ order_by }} rows between unbounded preceding and current row
        )
{%- endmacro %}

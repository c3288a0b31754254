{# Credit rules: who is credited for a conversion, by METRICS section 3. Credit is bookkeeping, not effect. #}

{% macro attribution_models() -%}
{#- The rules that roi.attribution_credits carries; credit_weight() knows each of those that split. -#}
{{ return(['first', 'last', 'linear', 'position', 'time_decay', 'w_shaped', 'shapley', 'markov']) }}
{%- endmacro %}

{% macro attribution_lookbacks() -%}
{#- Fixed windows in days; the deal's own window (30 days for an order, from 90 days before it was created for a deal) is lookback_rule `own`. -#}
{{ return([7, 30, 90]) }}
{%- endmacro %}

{% macro quoted_model() -%}
{#- Neither end of the journey takes all: `position` would need an opinion about its ends, `last` rewards whoever stands at the till. -#}
linear
{%- endmacro %}

{% macro time_decay_half_life_seconds() -%}
{{ return(var('time_decay_half_life_days', 7) * 86400) }}
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}{{ return(adapter.dispatch('seconds_between')(earlier, later)) }}{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro days_apart(earlier, later) -%}{{ return(adapter.dispatch('days_apart')(earlier, later)) }}{%- endmacro %}

{% macro duckdb__days_apart(earlier, later) -%}
date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro months_apart(earlier, later) -%}{{ return(adapter.dispatch('months_apart')(earlier, later)) }}{%- endmacro %}

{% macro duckdb__months_apart(earlier, later) -%}
date_diff('month', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro days_before(time, days) -%}{{ return(adapter.dispatch('days_before')(time, days)) }}{%- endmacro %}

{% macro duckdb__days_before(time, days) -%}
({{ time }} - to_days({{ days }}))
{%- endmacro %}

{% macro months_after(month, months) -%}{{ return(adapter.dispatch('months_after')(month, months)) }}{%- endmacro %}

{% macro duckdb__months_after(month, months) -%}
cast({{ month }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro units_of_credit() -%}
{#- A credit of 1 in the whole numbers it is worked out in. -#}
{{ return('1000000000000') }}
{%- endmacro %}

{% macro roi_missing_because() -%}
{#- Why a credit row has no attributed_roi; NULL where it has one. -#}
case
    when full_cost is null and gaps = 0 then 'no cost belongs to it'
    when not is_mature and basis = 'accrual' then 'immature until ' || cast(mature_on as text)
    when gaps > 0
        then 'cost missing: ' || first_gap || case when gaps > 1 then ' and ' || (gaps - 1) || ' more months' else '' end
    when full_cost = 0 then 'the cost is zero'
    when bookings_without_rate > 0 then 'no exchange rate for ' || bookings_without_rate || ' bookings'
    when bookings_without_margin > 0
        then 'margin missing for ' || bookings_without_margin || ' bookings: give cost_of_goods or a margin policy'
end
{%- endmacro %}

{% macro model_limit(limit, cell) -%}
{#- One end of the range over rules and lookbacks. w_shaped speaks of deals only: its sums are not of the same conversions. -#}
{{ limit }}(case when model <> 'w_shaped' then attributed_roi end) over (partition by {{ cell }})
{%- endmacro %}

{% macro interval_method() -%}
case when lo is not null then 'bootstrap-t, Poisson weights, {{ bootstrap_replicates() }} replicates' else 'exact' end
{%- endmacro %}

{% macro credit_suppressed_reason() -%}
coalesce(
    missing_because,
    case when lo is null then 'too few or too uneven customers (n_eff = ' || cast(cast(n_eff as decimal(18, 1)) as text) || ')' end
)
{%- endmacro %}

{% macro attribution_rules() -%}
{#- Every rule with every lookback: model, lookback_rule, lookback_days. -#}
{% for model in attribution_models() -%}
{% for days in attribution_lookbacks() -%}
select '{{ model }}' as model, 'fixed' as lookback_rule, {{ days }} as lookback_days
union all
{% endfor -%}
select '{{ model }}' as model, 'own' as lookback_rule, cast(null as integer) as lookback_days
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}

{% macro attribution_chains() -%}
{#- The Markov chains, one for each lookback: chain_id, lookback_rule, lookback_days. -#}
{% for days in attribution_lookbacks() -%}
select {{ loop.index }} as chain_id, 'fixed' as lookback_rule, {{ days }} as lookback_days
union all
{% endfor -%}
select 0 as chain_id, 'own' as lookback_rule, cast(null as integer) as lookback_days
{%- endmacro %}

{% macro same_rule(left, right) -%}
{{ left }}.model = {{ right }}.model
and {{ left }}.lookback_rule = {{ right }}.lookback_rule
and {{ left }}.lookback_days is not distinct from {{ right }}.lookback_days
{%- endmacro %}

{% macro filled_money(cells) -%}
{#- The money of a cell: nothing credited is 0, a part of it unknown makes the whole unknown. -#}
case when coalesce({{ cells }}.bookings_without_rate, 0) = 0 then coalesce({{ cells }}.revenue, 0) end as revenue,
case when coalesce({{ cells }}.bookings_without_margin, 0) = 0 then coalesce({{ cells }}.contribution_margin, 0) end as contribution_margin,
case
    when coalesce({{ cells }}.customers, 0) = 0 then null
    when {{ cells }}.bookings_without_margin > 0 then 'missing'
    when {{ cells }}.bookings_assumed > 0 then 'assumed'
    else 'actual'
end as margin_basis,
coalesce({{ cells }}.bookings_without_rate, 0) as bookings_without_rate,
coalesce({{ cells }}.bookings_without_margin, 0) as bookings_without_margin,
case when coalesce({{ cells }}.bookings_without_margin, 0) = 0 then coalesce({{ cells }}.n_eff, 0) end as n_eff
{%- endmacro %}

{% macro week_of(date) -%}cast(date_trunc('week', {{ date }}) as date){%- endmacro %}

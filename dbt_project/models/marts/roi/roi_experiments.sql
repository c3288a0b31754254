{% set effects = ['effect', 'effect_lo', 'effect_hi', 'effect_total', 'effect_total_lo', 'effect_total_hi'] -%}

with experiments as (
    select * from {{ ref('core_experiments') }}
),

-- rows of several outcomes may repeat the cost of their unit
unit_costs as (
    select
        experiment_id,
        unit_id,
        bool_or(is_treated) as is_treated,
        max(post_cost) as post_cost,
        max(post_days) as post_days,
        coalesce(max(pre_cost), 0) as pre_cost,
        coalesce(max(pre_days), 0) as pre_days
    from {{ ref('int_experiment_units') }}
    group by experiment_id, unit_id
),

group_costs as (
    select
        experiment_id,
        {% for group, treated in [('treated', 'is_treated'), ('control', 'not is_treated')] -%}
        cast(sum(post_cost) filter (where {{ treated }}) as double) as {{ group }}_post,
        cast(sum(pre_cost) filter (where {{ treated }} and post_cost is not null) as double) as {{ group }}_pre,
        cast(sum(post_days) filter (where {{ treated }} and post_cost is not null) as double) as {{ group }}_post_days,
        cast(sum(pre_days) filter (where {{ treated }} and post_cost is not null) as double) as {{ group }}_pre_days{{ ',' if not loop.last }}
        {% endfor %}
    from unit_costs
    group by experiment_id
),

-- what treated units cost more than without the test: than before it, moved as the control units' cost moved where they have one
given_costs as (
    select
        experiment_id,
        cast(
            treated_post
            - case
                when control_pre > 0 and treated_pre > 0
                    then treated_pre / treated_pre_days * (control_post / control_post_days) / (control_pre / control_pre_days) * treated_post_days
                when treated_pre_days > 0
                    then
                        (
                            treated_pre / treated_pre_days
                            + coalesce(control_post / control_post_days - control_pre / nullif(control_pre_days, 0), 0)
                        ) * treated_post_days
                else coalesce(control_post / control_post_days, 0) * treated_post_days
            end as decimal(18, 4)
        ) as cost
    from group_costs
),

plans as (
    select
        plans.experiment_id,
        plans.primary_outcome,
        coalesce(plans.cost, given_costs.cost) as cost,
        coalesce(plans.currency, '{{ var("reporting_currency") }}') as currency,
        plans.margin_rate,
        plans.starts_on
    from {{ ref('int_experiments') }} as plans
    left join given_costs on plans.experiment_id = given_costs.experiment_id
),

rated as (
    select
        plans.*,
        {{ rate('rates', 'plans.currency') }} as rate
    from plans
    {{ rate_join('rates', 'plans.currency', 'plans.starts_on') }}
),

-- money in the reporting currency; what is not money has none
valued as (
    select
        experiments.experiment_id,
        experiments.outcome,
        experiments.outcome_kind,
        experiments.design,
        experiments.channel,
        experiments.campaign_id,
        experiments.starts_on,
        experiments.ends_on,
        experiments.n_units,
        experiments.n_treated,
        experiments.n_control,
        experiments.effect_pct,
        experiments.effect_pct_lo,
        experiments.effect_pct_hi,
        experiments.level,
        experiments.tails,
        experiments.p_value,
        experiments.pretrend_p,
        experiments.prefit_rmspe_pct,
        experiments.srm_p,
        experiments.method,
        experiments.evidence_grade,
        experiments.demoted_because,
        experiments.shares_units_with,
        experiments.is_demo,
        experiments.suppressed_reason as unestimated_reason,
        experiments.interval_reason,
        rated.primary_outcome is null or rated.primary_outcome = experiments.outcome as is_primary,
        rated.currency,
        rated.rate,
        rated.cost as own_cost,
        {{ convert('rated.cost', 'rated.rate') }} as cost,
        {% for name in effects -%}
        case when experiments.outcome_kind = 'money' then experiments.{{ name }} * cast(rated.rate as double) else experiments.{{ name }} end as {{ name }},
        {% endfor -%}
        experiments.outcome in ('margin', 'contribution_margin', 'profit') as is_margin,
        case when experiments.outcome in ('margin', 'contribution_margin', 'profit') then 1 else rated.margin_rate end as margin_rate
    from experiments
    left join rated on experiments.experiment_id = rated.experiment_id
),

-- a cost in money and a margin rate are what turns an effect on revenue into a return
reasoned as (
    select
        *,
        case
            when unestimated_reason is not null then unestimated_reason
            when outcome_kind <> 'money' then 'the outcome is not money'
            when evidence_grade not in ('A', 'B', 'B-') then 'grade ' || evidence_grade || ': ' || demoted_because
            when own_cost is null then 'the experiment names no cost'
            when rate is null then 'no exchange rate for ' || currency || ' on ' || starts_on
            when cost = 0 then 'the cost is zero'
            when effect_total is null then 'the cooldown is not over'
            when margin_rate is null then 'the experiment names no margin rate'
            when margin_rate > 1 then 'margin rate ' || cast(cast(margin_rate as double) as text) || ': a part of revenue lies between 0 and 1'
        end as suppressed_reason,
        case
            when outcome_kind = 'money' and evidence_grade in ('A', 'B', 'B-') and cost <> 0 then cast(cost as double)
        end as divisor
    from valued
),

returns as (
    select
        *,
        -- where money was taken away the limits change places; a margin above 1 is a percentage, and no margin
        {% for limit, other in [('', ''), ('_lo', '_hi'), ('_hi', '_lo')] -%}
        {%- set limit_of_total = '(case when divisor > 0 then effect_total' ~ limit ~ ' else effect_total' ~ other ~ ' end)' -%}
        case when margin_rate <= 1 then ({{ limit_of_total }} * margin_rate - divisor) / divisor end as iroi{{ limit }},
        case when not is_margin then {{ limit_of_total }} / divisor end as iroas{{ limit }}{{ ',' if not loop.last }}
        {% endfor %}
    from reasoned
),

calibrated as (
    {{ calibrated_covers() }}
),

final as (
    select
        experiment_id,
        outcome,
        outcome_kind,
        is_primary,
        {{ effect_unit('outcome_kind', "'" ~ var('reporting_currency') ~ "'") }} as effect_unit,
        design,
        channel,
        campaign_id,
        starts_on,
        ends_on,
        n_units,
        n_treated,
        n_control,
        {% for name in effects -%}
        {{ published_double(name) }} as {{ name }},
        {% endfor -%}
        effect_pct,
        effect_pct_lo,
        effect_pct_hi,
        level,
        tails,
        p_value,
        pretrend_p,
        prefit_rmspe_pct,
        srm_p,
        method || {{ calibrated_note('calibrated') }} as method,
        calibrated.cover as calibrated_cover,
        calibrated.world as calibrated_world,
        evidence_grade,
        demoted_because,
        shares_units_with,
        cast(cost as decimal(38, 4)) as cost,
        '{{ var("reporting_currency") }}' as currency,
        case
            when outcome_kind = 'money' and evidence_grade in ('A', 'B', 'B-') and margin_rate <= 1
                then {{ published_double('(effect_total * margin_rate)') }}
        end as incremental_margin,
        {% for name in ['iroi', 'iroi_lo', 'iroi_hi', 'iroas', 'iroas_lo', 'iroas_hi'] -%}
        {{ published_double(name) }} as {{ name }},
        {% endfor -%}
        case
            when evidence_grade is null or evidence_grade not in ('A', 'B', 'B-') then null
            when coalesce(iroi_lo, effect_lo) > 0 or (iroi_lo is not null and iroi_hi < 0) or (iroi_lo is null and effect_hi < 0) then 'tested'
            else 'tested, not conclusive'
        end as headline,
        suppressed_reason,
        interval_reason,
        is_demo
    from returns
    left join calibrated
        on returns.effect_lo is not null
        and returns.level = 0.95
        and returns.tails = 2
        and {{ experiment_estimator('returns.design', 'returns.n_control') }} = calibrated.estimator
        and case when returns.n_treated between 2 and 5 then 'five_treated' else 'worst' end = calibrated.condition
)

select * from final

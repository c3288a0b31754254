with experiments as (
    select * from {{ ref('core_experiments') }}
),

plans as (
    select
        experiment_id,
        primary_outcome,
        cost,
        currency,
        cast(margin_rate as decimal(18, 6)) as margin_rate,
        starts_on
    from {{ ref('int_experiments') }}
),

-- a cost in money and a margin rate are what turns an effect on revenue into a return
valued as (
    select
        experiments.*,
        plans.primary_outcome is null or plans.primary_outcome = experiments.outcome as is_primary,
        {{ convert('plans.cost', rate('rates', 'plans.currency')) }} as cost,
        case when experiments.outcome_kind = 'money' then experiments.effect_total end as incremental_revenue,
        case when experiments.outcome_kind = 'money' then experiments.effect_total_lo end as incremental_revenue_lo,
        case when experiments.outcome_kind = 'money' then experiments.effect_total_hi end as incremental_revenue_hi,
        plans.margin_rate
    from experiments
    left join plans on experiments.experiment_id = plans.experiment_id
    {{ rate_join('rates', 'plans.currency', 'plans.starts_on') }}
),

final as (
    select
        experiment_id,
        outcome,
        outcome_kind,
        is_primary,
        design,
        channel,
        campaign_id,
        starts_on,
        ends_on,
        n_units,
        n_treated,
        n_control,
        effect,
        effect_lo,
        effect_hi,
        effect_total,
        effect_total_lo,
        effect_total_hi,
        effect_pct,
        level,
        tails,
        p_value,
        pretrend_p,
        prefit_rmspe_pct,
        srm_p,
        method,
        evidence_grade,
        demoted_because,
        cast(cost as decimal(38, 4)) as cost,
        '{{ var("reporting_currency") }}' as currency,
        {{ published_double('(incremental_revenue * margin_rate)') }} as incremental_margin,
        case when cost > 0 then {{ published_double('((incremental_revenue * margin_rate - cost) / cost)') }} end as iroi,
        case when cost > 0 then {{ published_double('((incremental_revenue_lo * margin_rate - cost) / cost)') }} end as iroi_lo,
        case when cost > 0 then {{ published_double('((incremental_revenue_hi * margin_rate - cost) / cost)') }} end as iroi_hi,
        case when cost > 0 then {{ published_double('(incremental_revenue / cost)') }} end as iroas,
        case when cost > 0 then {{ published_double('(incremental_revenue_lo / cost)') }} end as iroas_lo,
        case when cost > 0 then {{ published_double('(incremental_revenue_hi / cost)') }} end as iroas_hi,
        case
            when outcome_kind <> 'money' then 'the outcome is not money'
            when cost is null then 'the experiment names no cost'
            when cost = 0 then 'the cost is zero'
            when margin_rate is null then 'the experiment names no margin rate'
        end as suppressed_reason,
        is_demo
    from valued
)

select * from final

with costs as (
    select * from {{ ref('int_channel_cost_months') }}
),

final as (
    select
        costs.month,
        costs.channel,
        costs.kind,
        cast(costs.amount as decimal(38, 4)) as amount,
        cast(costs.allocated_shared as decimal(38, 4)) as allocated_shared,
        cast(costs.full_cost as decimal(38, 4)) as full_cost,
        cast(costs.hours as decimal(38, 4)) as hours,
        costs.allocation_rule,
        costs.policy,
        costs.cost_coverage,
        '{{ var("reporting_currency") }}' as currency,
        clock.is_demo
    from costs
    cross join {{ ref('int_clock') }} as clock
)

select * from final

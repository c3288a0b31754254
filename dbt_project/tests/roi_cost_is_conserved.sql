-- Each cost stands once in roi.channel_costs, a shared one is allocated no further than it goes, and all of it meets the months.
-- A month, channel and kind with a rate missing has no amount and is left to that test.
with booked as (
    select
        {{ month_of('costs.date') }} as month,
        costs.channel,
        costs.kind,
        sum(costs.amount_reporting) as amount
    from {{ ref('int_cost_days') }} as costs
    cross join {{ ref('int_clock') }} as clock
    where {{ month_of('costs.date') }} <= {{ month_of('clock.as_of_date') }}
    group by {{ month_of('costs.date') }}, costs.channel, costs.kind
    having count(*) = count(costs.amount_reporting)
),

differing as (
    select booked.month
    from booked
    full outer join {{ ref('roi_channel_costs') }} as costs
        on booked.month = costs.month and booked.channel = costs.channel and booked.kind = costs.kind
    where booked.amount is distinct from costs.amount
),

allocated as (
    select month, kind, sum(allocated_shared) as allocated, sum(case when channel = 'shared' then amount end) as shared
    from {{ ref('roi_channel_costs') }}
    group by month, kind
),

met as (
    select sum(full_cost) as amount
    from {{ ref('roi_channel_months') }}
    where basis = 'cash' and model = 'linear' and lookback_rule = 'own'
),

spread as (
    select sum(full_cost) as amount from {{ ref('roi_channel_costs') }}
)

select 'cost stands once' as broken from differing
union all
select 'allocated is what is shared' as broken from allocated where allocated <> shared
union all
select 'spend that bought nothing stays' as broken from met cross join spread where met.amount is distinct from spread.amount

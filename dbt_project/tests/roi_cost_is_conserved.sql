-- Each cost stands once in roi.channel_costs, a shared one is allocated no further than it goes, and all of it meets the months.
with own as (
    select sum(amount) as amount from {{ ref('roi_channel_costs') }}
),

booked as (
    select sum(costs.amount_reporting) as amount
    from {{ ref('int_cost_days') }} as costs
    cross join {{ ref('int_clock') }} as clock
    where {{ month_of('costs.date') }} <= {{ month_of('clock.as_of_date') }}
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

select 'cost stands once' as broken from own cross join booked where own.amount <> booked.amount
union all
select 'allocated is what is shared' as broken from allocated where allocated <> shared
union all
select 'spend that bought nothing stays' as broken from met cross join spread where met.amount is distinct from spread.amount

with clock as (
    select * from {{ ref('int_clock') }}
),

months as (
    select
        cost_id,
        {{ month_of('date') }} as month,
        cost_source,
        kind,
        channel,
        platform,
        campaign_id,
        currency,
        count(*) as days,
        cast(sum(hours) as decimal(18, 4)) as hours,
        cast(sum(amount) as decimal(18, 4)) as amount,
        -- a day without a rate leaves the month without a reporting amount
        case when count(*) = count(amount_reporting) then cast(sum(amount_reporting) as decimal(18, 4)) end as amount_reporting
    from {{ ref('int_cost_days') }}
    group by cost_id, {{ month_of('date') }}, cost_source, kind, channel, platform, campaign_id, currency
)

select
    months.cost_id,
    months.month,
    months.cost_source,
    months.kind,
    months.channel,
    months.platform,
    months.campaign_id,
    months.days,
    months.hours,
    months.currency,
    months.amount,
    months.amount_reporting,
    {{ is_over("cast(months.month + interval 1 month - interval 1 day as date)") }} as is_complete,
    clock.is_demo
from months
cross join clock

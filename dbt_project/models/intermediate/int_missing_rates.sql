with clock as (
    select * from {{ ref('int_clock') }}
),

subscriptions as (
    select
        *,
        {{ reporting_date('started_at') }} as started_on
    from {{ ref('int_subscriptions') }}
),

needed as (
    select currency, date, 'revenue' as entity from {{ ref('int_revenue_resolved') }}
    union all
    select currency, money_date as date, 'opportunities' as entity
    from {{ ref('int_opportunities_resolved') }}
    where amount is not null
    union all
    select costs.currency, least(costs.date, clock.as_of_date) as date, 'costs' as entity
    from {{ ref('int_cost_days') }} as costs
    cross join clock
    union all
    select currency, date, 'ad_metrics' as entity
    from {{ ref('int_ad_metrics') }}
    where coalesce(spend, claimed_value) is not null
    union all
    select currency, started_on as date, 'subscriptions' as entity
    from subscriptions
),

counted as (
    select currency, date, entity, count(*) as amounts
    from needed
    where currency is distinct from '{{ var("reporting_currency") }}'
    group by currency, date, entity
)

select counted.currency, counted.date, counted.entity, counted.amounts
from counted
left join {{ ref('int_daily_rates') }} as rates on counted.currency = rates.currency and counted.date = rates.date
where rates.rate_to_reporting is null

{% set cell = 'period_kind, period_start, audience, platform' -%}
with days as not materialized (
    select * from {{ ref('int_actor_days') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- the 90 days to a quarter's end, of those who were known by their beginning
quarters as (
    select
        days.*,
        cast(date_trunc('quarter', days.date) as date) as quarter,
        cast(date_trunc('quarter', days.date) + interval 3 month as date) as ends_on
    from days
),

regulars as (
    select
        'repeat_engagement' as indicator,
        'quarter' as period_kind,
        quarter as period_start,
        audience,
        platform,
        actor_no,
        case when count(*) >= 2 then 1 else 0 end as x
    from quarters
    where date >= cast(ends_on - interval 90 day as date) and first_date <= cast(ends_on - interval 90 day as date)
    group by quarter, audience, platform, actor_no
),

-- a week's newcomers once the 28 days of the last of them are over
newcomers as (
    select
        'return_rate_28d' as indicator,
        'week' as period_kind,
        cast(date_trunc('week', days.first_date) as date) as period_start,
        days.audience,
        days.platform,
        days.actor_no,
        case when days.next_date <= cast(days.first_date + interval 28 day as date) then 1 else 0 end as x
    from days
    cross join clock
    where days.date = days.first_date and cast(date_trunc('week', days.first_date) as date) + interval 35 day <= clock.as_of_date
),

people as (
    select * from regulars
    union all
    select * from newcomers
)

select
    indicator,
    {{ cell }},
    'all' as dimension,
    'all' as dimension_value,
    cast(sum(x) as bigint) as numerator,
    cast(count(*) as bigint) as denominator,
    cast(count(*) as bigint) as clusters,
    cast(sum(x) as bigint) as sum_xx,
    cast(sum(x) as bigint) as sum_xm,
    cast(count(*) as bigint) as sum_mm
from people
group by indicator, {{ cell }}

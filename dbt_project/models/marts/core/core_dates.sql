with clock as (
    select * from {{ ref('int_clock') }}
),

holidays as (
    select distinct date from {{ ref('holidays') }} where team is null
),

seen as (
    select min(posted_at) as first_at from {{ ref('int_posts') }}
    union all
    select min(observed_at) as first_at from {{ ref('int_post_metrics') }}
    union all
    select min(observed_at) as first_at from {{ ref('int_profile_metrics') }}
    union all
    select min(occurred_at) as first_at from {{ ref('int_interactions') }}
    union all
    select min(occurred_at) as first_at from {{ ref('int_touches') }}
    union all
    select min(occurred_at) as first_at from {{ ref('int_revenue') }}
    union all
    select min(created_at) as first_at from {{ ref('int_opportunities') }}
    union all
    select min(started_at) as first_at from {{ ref('int_subscriptions') }}
    union all
    select min(cast(period_start as timestamp)) as first_at from {{ ref('int_costs') }}
    union all
    select min(cast(date as timestamp)) as first_at from {{ ref('int_ad_metrics') }}
),

-- whole years, from the first thing that happened (a mistyped year before 1970 aside) to a year after the clock
bounds as (
    select
        date_trunc('year', coalesce(greatest(min(seen.first_at), timestamp '1970-01-01'), max(clock.as_of))) as first_day,
        date_trunc('year', max(clock.as_of)) + interval 2 year - interval 1 day as last_day
    from seen
    cross join clock
),

days as (
    select {{ days_between('first_day', 'last_day') }} as date
    from bounds
),

fiscal as (
    select
        date,
        date - interval ({{ var('fiscal_year_starts_in_month') }} - 1) month as fiscal_position
    from days
)

select
    fiscal.date,
    cast(extract(year from fiscal.date) as integer) as year,
    cast(extract(quarter from fiscal.date) as integer) as quarter,
    cast(extract(month from fiscal.date) as integer) as month_number,
    cast(date_trunc('quarter', fiscal.date) as date) as quarter_start,
    {{ month_of('fiscal.date') }} as month,
    cast(date_trunc('week', fiscal.date) as date) as week_start,
    cast(extract(isodow from fiscal.date) as integer) as day_of_week,
    extract(isodow from fiscal.date) >= 6 as is_weekend,
    holidays.date is not null as is_holiday,
    cast(
        extract(year from fiscal.fiscal_position) + {{ 0 if var('fiscal_year_starts_in_month') == 1 else 1 }} as integer
    ) as fiscal_year,
    cast(extract(quarter from fiscal.fiscal_position) as integer) as fiscal_quarter,
    cast(extract(month from fiscal.fiscal_position) as integer) as fiscal_month,
    {{ is_over('fiscal.date') }} as is_complete,
    clock.is_demo
from fiscal
cross join clock
left join holidays on fiscal.date = holidays.date

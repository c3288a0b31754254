with clock as (
    select {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

series as (
    select * from {{ ref('int_credit_series') }}
),

money as (
    select
        clock,
        month,
        channel,
        campaign_id,
        model,
        lookback_rule,
        lookback_days,
        sum(conversions) as conversions,
        sum(new_customers) as new_customers,
        sum(revenue) as revenue,
        sum(contribution_margin) as contribution_margin,
        sum(bookings_without_rate) as bookings_without_rate,
        sum(bookings_without_margin) as bookings_without_margin,
        sum(bookings_assumed) as bookings_assumed
    from {{ ref('int_credit_money') }}
    group by clock, month, channel, campaign_id, model, lookback_rule, lookback_days
),

entering as (
    select series.series_id, series.window_months, money.*, 1 as direction
    from money
    inner join series
        on money.clock = series.clock
        and {{ same_rule('money', 'series') }}
        and case series.dimension when 'channel' then money.channel else money.campaign_id end = series.dimension_value
),

moves as (
    select * from entering
    union all
    select * replace ({{ months_after('month', 'window_months') }} as month, -1 as direction)
    from entering
    where window_months is not null
),

changes as (
    select
        series_id,
        month,
        sum(direction * conversions) as conversions,
        sum(direction * new_customers) as new_customers,
        sum(direction * revenue) as revenue,
        sum(direction * contribution_margin) as contribution_margin,
        sum(direction * bookings_without_rate) as bookings_without_rate,
        sum(direction * bookings_without_margin) as bookings_without_margin,
        sum(direction * bookings_assumed) as bookings_assumed
    from moves
    cross join clock
    where month <= clock.as_of_month
    group by series_id, month
),

steps as (
    select
        series_id,
        month,
        sum(case when bookings_after > 0 then 1 else 0 end - case when bookings_before > 0 then 1 else 0 end) as customers,
        sum(cast(margin_after as hugeint) * margin_after - cast(margin_before as hugeint) * margin_before) as margin_squares
    from {{ ref('int_credit_steps') }}
    group by series_id, month
),

running as (
    select
        changes.series_id,
        changes.month,
        lead(changes.month) over so_far as next_month,
        sum(changes.conversions) over so_far as conversions,
        sum(changes.new_customers) over so_far as new_customers,
        sum(changes.revenue) over so_far as revenue,
        sum(changes.contribution_margin) over so_far as contribution_margin,
        sum(changes.bookings_without_rate) over so_far as bookings_without_rate,
        sum(changes.bookings_without_margin) over so_far as bookings_without_margin,
        sum(changes.bookings_assumed) over so_far as bookings_assumed,
        sum(steps.customers) over so_far as customers,
        sum(steps.margin_squares) over so_far as margin_squares
    from changes
    inner join steps on changes.series_id = steps.series_id and changes.month = steps.month
    window so_far as (partition by changes.series_id order by changes.month)
)

select
    running.series_id,
    series.dimension,
    series.dimension_value,
    series.basis,
    series.model,
    series.lookback_rule,
    series.lookback_days,
    running.month,
    coalesce(running.next_month, date '9999-12-01') as next_month,
    cast(running.conversions as decimal(38, 12)) as conversions,
    cast(running.new_customers as decimal(38, 12)) as new_customers,
    cast(running.revenue as decimal(38, 4)) as revenue,
    cast(running.contribution_margin as decimal(38, 4)) as contribution_margin,
    cast(running.bookings_without_rate as bigint) as bookings_without_rate,
    cast(running.bookings_without_margin as bigint) as bookings_without_margin,
    cast(running.bookings_assumed as bigint) as bookings_assumed,
    cast(running.customers as bigint) as customers,
    -- in units of money: sampling error of the sum, and how many equal customers would give it
    sqrt(cast(running.margin_squares as double)) / 10000 as standard_error,
    cast(running.contribution_margin as double) * cast(running.contribution_margin as double) * 100000000
    / nullif(cast(running.margin_squares as double), 0) as n_eff
from running
inner join series on running.series_id = series.series_id

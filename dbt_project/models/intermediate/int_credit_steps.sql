with clock as (
    select {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

series as (
    select * from {{ ref('int_credit_series') }}
),

customers as (
    select * from {{ ref('int_credit_customers') }}
),

money as (
    select
        series.series_id,
        series.window_months,
        customers.customer_no,
        money.month,
        cast(10000 * money.contribution_margin as bigint) as margin,
        money.bookings
    from {{ ref('int_credit_money') }} as money
    inner join series
        on money.clock = series.clock
        and {{ same_rule('money', 'series') }}
        and case series.dimension when 'channel' then money.channel else money.campaign_id end = series.dimension_value
    inner join customers on money.customer_key = customers.customer_key
),

-- money enters a cell in its month and leaves it when the window has passed: running sums then give every basis
moves as (
    select series_id, customer_no, month, margin, bookings
    from money
    union all
    select series_id, customer_no, {{ months_after('month', 'window_months') }} as month, -margin as margin, -bookings as bookings
    from money
    where window_months is not null
),

summed as (
    select series_id, customer_no, month, cast(sum(margin) as bigint) as margin, cast(sum(bookings) as bigint) as bookings
    from moves
    cross join clock
    where month <= clock.as_of_month
    group by series_id, customer_no, month
),

running as (
    select
        *,
        cast(sum(margin) over customer_so_far as bigint) as margin_after,
        cast(sum(bookings) over customer_so_far as bigint) as bookings_after
    from summed
    window customer_so_far as (partition by series_id, customer_no order by month)
)

select
    series_id,
    customer_no,
    month,
    margin_after - margin as margin_before,
    margin_after,
    bookings_after - bookings as bookings_before,
    bookings_after
from running

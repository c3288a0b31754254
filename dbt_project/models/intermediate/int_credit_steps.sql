with money as (
    select * from {{ ref('int_credit_money') }}
),

clock as (
    select {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

-- how many months a basis looks back; NULL = all
bases as (
    select 'channel' as dimension, 'cash' as basis, 'cash' as clock, 1 as window_months
    union all
    select 'channel', 'cash_cumulative', 'cash', null
    union all
    select 'channel', 'cash_12_months', 'cash', 12
    union all
    select 'channel', 'accrual', 'accrual', 1
    union all
    select 'campaign', 'cash_cumulative', 'cash', null
    union all
    select 'campaign', 'cash_12_months', 'cash', 12
    union all
    select 'campaign', 'accrual', 'accrual', null
),

-- money enters a cell in its month and leaves it when the window has passed: running sums then give every basis
entering as (
    select
        bases.dimension,
        case bases.dimension when 'channel' then money.channel else money.campaign_id end as dimension_value,
        bases.basis,
        bases.window_months,
        money.*
    from money
    inner join bases on money.clock = bases.clock
    where bases.dimension = 'channel' or money.campaign_id is not null
),

moves as (
    select *, month as move_month, 1 as direction
    from entering
    union all
    select *, {{ months_after('month', 'window_months') }} as move_month, -1 as direction
    from entering
    where window_months is not null
),

summed as (
    select
        dimension,
        dimension_value,
        basis,
        model,
        lookback_rule,
        lookback_days,
        customer_key,
        move_month as month,
        sum(direction * conversions) as conversions,
        sum(direction * new_customers) as new_customers,
        sum(direction * revenue) as revenue,
        sum(direction * contribution_margin) as contribution_margin,
        sum(direction * bookings) as bookings,
        sum(direction * bookings_without_rate) as bookings_without_rate,
        sum(direction * bookings_without_margin) as bookings_without_margin,
        sum(direction * bookings_assumed) as bookings_assumed
    from moves
    cross join clock
    where move_month <= clock.as_of_month
    group by dimension, dimension_value, basis, model, lookback_rule, lookback_days, customer_key, move_month
)

select
    *,
    -- the customer's margin in the cell after and before the step, in units of 1e-4
    cast(10000 * sum(contribution_margin) over customer_so_far as hugeint) as margin_after,
    cast(10000 * (sum(contribution_margin) over customer_so_far - contribution_margin) as hugeint) as margin_before,
    sum(bookings) over customer_so_far as bookings_after,
    sum(bookings) over customer_so_far - bookings as bookings_before
from summed
window customer_so_far as (
    partition by dimension, dimension_value, basis, model, lookback_rule, lookback_days, customer_key
    order by month
)

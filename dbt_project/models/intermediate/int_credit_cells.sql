with steps as (
    select
        dimension,
        dimension_value,
        basis,
        model,
        lookback_rule,
        lookback_days,
        month,
        sum(conversions) as conversions,
        sum(new_customers) as new_customers,
        sum(revenue) as revenue,
        sum(contribution_margin) as contribution_margin,
        sum(bookings_without_rate) as bookings_without_rate,
        sum(bookings_without_margin) as bookings_without_margin,
        sum(bookings_assumed) as bookings_assumed,
        sum(case when bookings_after > 0 then 1 else 0 end - case when bookings_before > 0 then 1 else 0 end) as customers,
        sum(margin_after * margin_after - margin_before * margin_before) as margin_squares
    from {{ ref('int_credit_steps') }}
    group by dimension, dimension_value, basis, model, lookback_rule, lookback_days, month
)

select
    dimension,
    dimension_value,
    basis,
    model,
    lookback_rule,
    lookback_days,
    month,
    coalesce(
        lead(month) over (partition by dimension, dimension_value, basis, model, lookback_rule, lookback_days order by month),
        date '9999-12-01'
    ) as next_month,
    cast(sum(conversions) over so_far as decimal(38, 12)) as conversions,
    cast(sum(new_customers) over so_far as decimal(38, 12)) as new_customers,
    cast(sum(revenue) over so_far as decimal(38, 4)) as revenue,
    cast(sum(contribution_margin) over so_far as decimal(38, 4)) as contribution_margin,
    cast(sum(bookings_without_rate) over so_far as bigint) as bookings_without_rate,
    cast(sum(bookings_without_margin) over so_far as bigint) as bookings_without_margin,
    cast(sum(bookings_assumed) over so_far as bigint) as bookings_assumed,
    cast(sum(customers) over so_far as bigint) as customers,
    -- in units of money: sampling error of the sum, and how many equal customers would give it
    sqrt(cast(sum(margin_squares) over so_far as double)) / 10000 as standard_error,
    cast(sum(contribution_margin) over so_far as double) * cast(sum(contribution_margin) over so_far as double) * 100000000
    / nullif(cast(sum(margin_squares) over so_far as double), 0) as n_eff
from steps
window so_far as (
    partition by dimension, dimension_value, basis, model, lookback_rule, lookback_days
    order by month
)

-- The chain's P(conversion) is the rate that was counted, its shares add up to 1, and all bookings are shared out to the cent.
with chains as (
    select
        lookback_rule,
        lookback_days,
        max(abs(p_conversion - p_conversion_empirical)) as gap,
        sum(share) as shares,
        sum(conversions) as conversions,
        case when count(*) = count(revenue) then sum(revenue) end as revenue
    from {{ ref('roi_markov_channels') }}
    group by lookback_rule, lookback_days
),

booked as (
    select
        count(*) as conversions,
        case when count(*) = count(revenue) then sum(revenue) end as revenue
    from {{ ref('int_conversions') }}
)

select chains.*
from chains
cross join booked
where chains.gap > 1e-9
    or abs(chains.shares - 1) > 1e-9
    or abs(chains.conversions - booked.conversions) > 1e-9 * booked.conversions
    or chains.revenue <> booked.revenue

-- What channels are credited with in all their months, and campaigns with what has none, is what was booked and refunded, to the cent.
with credited as (
    select model, lookback_rule, lookback_days, sum(revenue) as revenue
    from {{ ref('roi_channel_months') }}
    where basis = 'cash' and model <> 'w_shaped'
    group by model, lookback_rule, lookback_days
    having count(*) = count(revenue)
    union all
    select model, lookback_rule, lookback_days, sum(revenue) as revenue
    from {{ ref('roi_campaigns') }}
    where basis = 'cash_cumulative' and model <> 'w_shaped'
    group by model, lookback_rule, lookback_days
    having count(*) = count(revenue)
),

booked as (
    select
        (select coalesce(sum(revenue), 0) from {{ ref('int_conversions') }})
        + (select coalesce(sum(revenue), 0) from {{ ref('int_conversion_refunds') }}) as revenue
)

select credited.*, booked.revenue as booked
from credited
cross join booked
where credited.revenue <> booked.revenue

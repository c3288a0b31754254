with bookings as (
    select * from {{ ref('int_revenue_resolved') }}
),

candidates as (
    select revenue_id, conversion_id from {{ ref('int_conversion_candidates') }}
    where left_out_because is null and revenue_id is not null
),

conversions as (
    select conversion_id, converted_at, converted_month from {{ ref('int_conversions') }}
),

-- a refund names its payment, or at least its order
followed as (
    select
        bookings.*,
        coalesce(candidates.conversion_id, orders.conversion_id) as conversion_id
    from bookings
    left join candidates on bookings.parent_revenue_id = candidates.revenue_id
    left join conversions as orders
        on bookings.parent_revenue_id is null
        and orders.conversion_id = 'order|' || bookings.order_id
    cross join {{ ref('int_clock') }} as clock
    where bookings.kind in ('refund', 'credit') and bookings.occurred_at <= clock.as_of
)

select
    followed.revenue_id,
    followed.conversion_id,
    conversions.converted_month,
    followed.occurred_at as refunded_at,
    {{ reporting_month('followed.occurred_at') }} as refunded_month,
    followed.amount_reporting as revenue,
    followed.contribution_margin_reporting as contribution_margin
from followed
inner join conversions on followed.conversion_id = conversions.conversion_id

with bookings as (
    select * from {{ ref('int_revenue_resolved') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- what came back by the clock of the build, in the booking's own currency
returns as (
    select
        returned.parent_revenue_id,
        returned.currency,
        sum(returned.amount) as amount
    from bookings as returned
    cross join clock
    where returned.kind in ('refund', 'credit') and returned.parent_revenue_id is not null and returned.occurred_at <= clock.as_of
    group by returned.parent_revenue_id, returned.currency
)

-- an order over nothing is still an order; one that was given back whole is none
select
    bookings.revenue_id,
    bookings.customer_key,
    bookings.account_id,
    bookings.person_key,
    bookings.occurred_at,
    bookings.date,
    bookings.kind,
    bookings.amount_reporting,
    bookings.contribution_margin_reporting
from bookings
cross join clock
left join returns on bookings.revenue_id = returns.parent_revenue_id and bookings.currency = returns.currency
where bookings.customer_key is not null
    and bookings.occurred_at <= clock.as_of
    and bookings.kind in ('order', 'invoice')
    and not coalesce(bookings.amount > 0 and bookings.amount - coalesce(bookings.discount, 0) + returns.amount <= 0, false)

with clock as (
    select as_of, as_of_date from {{ ref('int_clock') }}
),

purchases as (
    select distinct bookings.customer_key, bookings.date
    from {{ ref('int_revenue_resolved') }} as bookings
    cross join clock
    where bookings.kind = 'order' and bookings.customer_key is not null and bookings.occurred_at <= clock.as_of
),

customers as (
    select
        customer_key,
        count(*) - 1 as frequency,
        min(date) as first_date,
        max(date) as last_date
    from purchases
    group by customer_key
)

select
    customers.frequency,
    {{ days_apart('customers.first_date', 'customers.last_date') }} as recency_days,
    {{ days_apart('customers.first_date', 'clock.as_of_date') }} as age_days,
    count(*) as customers
from customers
cross join clock
group by
    customers.frequency,
    {{ days_apart('customers.first_date', 'customers.last_date') }},
    {{ days_apart('customers.first_date', 'clock.as_of_date') }}

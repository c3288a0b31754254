with clock as (
    select as_of, as_of_date from {{ ref('int_clock') }}
),

orders as (
    select * from {{ ref('int_purchases') }}
    where kind = 'order'
),

-- orders of one day are one purchase
days as (
    select
        orders.customer_key,
        min(orders.account_id) as account_id,
        min(orders.person_key) as person_key,
        orders.date,
        case when count(*) = count(orders.amount_reporting) then sum(orders.amount_reporting) end as amount,
        row_number() over (partition by orders.customer_key order by orders.date) as place
    from orders
    cross join clock
    where orders.occurred_at <= clock.as_of
    group by orders.customer_key, orders.date
)

select
    days.customer_key,
    min(days.account_id) as account_id,
    case when count(distinct days.person_key) = 1 then min(days.person_key) end as person_key,
    count(*) - 1 as frequency,
    {{ days_apart('min(days.date)', 'max(days.date)') }} as recency_days,
    {{ days_apart('min(days.date)', 'max(clock.as_of_date)') }} as age_days,
    {{ month_of('min(days.date)') }} as cohort_month,
    {{ ratio('sum(case when days.place > 1 then days.amount end)', 'count(case when days.place > 1 then days.amount end)') }} as repeat_value
from days
cross join clock
group by days.customer_key

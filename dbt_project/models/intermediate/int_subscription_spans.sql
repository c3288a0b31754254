with paid as (
    select
        customer_key,
        {{ reporting_date('started_at') }} as start_date,
        coalesce({{ reporting_date('ended_at') }}, date '9999-12-31') as end_date
    from {{ ref('int_subscriptions_resolved') }}
),

-- the last day that anything begun before holds
held as (
    select
        *,
        max(end_date) over (
            partition by customer_key order by start_date, end_date
            rows between unbounded preceding and 1 preceding
        ) as held_until
    from paid
    where end_date > start_date
),

-- whoever begins again by the day after carries on: exports often name the last day instead of the first without
numbered as (
    select
        *,
        sum(case when held_until is null or start_date > held_until + interval 1 day then 1 else 0 end) over (
            partition by customer_key order by start_date, end_date
            rows between unbounded preceding and current row
        ) as span_number
    from held
)

select
    customer_key,
    min(start_date) as start_date,
    max(end_date) as end_date,
    span_number = 1 as is_first
from numbered
group by customer_key, span_number

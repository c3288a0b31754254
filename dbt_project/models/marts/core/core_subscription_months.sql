with clock as (
    select * from {{ ref('int_clock') }}
),

subscriptions as (
    select
        *,
        {{ reporting_date('started_at') }} as started_on,
        {{ reporting_month('started_at') }} as first_month,
        {{ reporting_month('ended_at') }} as end_month
    from {{ ref('int_subscriptions_resolved') }}
),

-- active from the month of started_at up to, not with, the month of ended_at
bounded as (
    select
        subscriptions.*,
        least(
            cast(coalesce(subscriptions.end_month - interval 1 month, {{ month_of('clock.as_of_date') }}) as date),
            {{ month_of('clock.as_of_date') }}
        ) as last_month
    from subscriptions
    cross join clock
),

months as (
    select
        *,
        {{ months_between('first_month', 'last_month') }} as month
    from bounded
    where first_month <= last_month
)

select
    months.subscription_id,
    months.account_id,
    months.person_key,
    months.customer_key,
    months.month,
    months.plan,
    months.monthly_amount,
    months.currency,
    {{ convert('months.monthly_amount', rate('rates', 'months.currency')) }} as monthly_amount_reporting,
    months.started_on,
    months.month = months.first_month as is_first_month,
    {{ is_over("cast(months.month + interval 1 month - interval 1 day as date)") }} as is_complete,
    clock.is_demo
from months
{{ rate_join('rates', 'months.currency', 'months.started_on') }}
cross join clock

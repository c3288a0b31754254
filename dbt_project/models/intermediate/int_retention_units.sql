with landmarks as (
    select * from {{ ref('int_landmarks') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

subscriptions as (
    select
        subscriptions.customer_key,
        subscriptions.plan,
        {{ convert('subscriptions.monthly_amount', rate('rates', 'subscriptions.currency')) }} as monthly_amount,
        {{ reporting_date('subscriptions.started_at') }} as start_date,
        coalesce({{ reporting_date('subscriptions.ended_at') }}, date '9999-12-31') as end_date
    from {{ ref('int_subscriptions_resolved') }} as subscriptions
    {{ rate_join('rates', 'subscriptions.currency', reporting_date('subscriptions.started_at')) }}
),

orders as (
    select
        customer_key,
        date,
        sum(amount_reporting) as amount
    from {{ ref('int_purchases') }}
    where kind = 'order' and not exists (select 1 from subscriptions)
    group by customer_key, date
),

-- clients at the landmark who were clients when the exposure began
subscribers as (
    select
        landmarks.landmark,
        subscriptions.customer_key,
        min(subscriptions.start_date) as first_date,
        bool_or(subscriptions.start_date <= landmarks.exposure_date and subscriptions.end_date > landmarks.exposure_date) as was_client,
        bool_or(subscriptions.start_date <= landmarks.landmark and subscriptions.end_date > landmarks.landmark) as is_client,
        bool_or(subscriptions.start_date <= landmarks.outcome_date and subscriptions.end_date > landmarks.outcome_date) as is_kept,
        sum(case when subscriptions.start_date <= landmarks.exposure_date and subscriptions.end_date > landmarks.exposure_date then subscriptions.monthly_amount end) as amount,
        sum(
            case
                when
                    subscriptions.start_date <= landmarks.exposure_date - interval {{ horizon_days() }} day
                    and subscriptions.end_date > landmarks.exposure_date - interval {{ horizon_days() }} day
                    then subscriptions.monthly_amount
            end
        ) as earlier_amount,
        max(case when subscriptions.start_date <= landmarks.exposure_date and subscriptions.end_date > landmarks.exposure_date then subscriptions.plan end) as plan
    from subscriptions
    inner join landmarks on subscriptions.start_date <= landmarks.outcome_date
    group by landmarks.landmark, subscriptions.customer_key
),

-- those who ordered in the year before the exposure
buyers as (
    select
        landmarks.landmark,
        orders.customer_key,
        min(orders.date) as first_date,
        max(case when orders.date < landmarks.exposure_date then orders.date end) as last_date,
        bool_or(orders.date >= landmarks.landmark and orders.date < landmarks.outcome_date) as is_kept,
        count(
            case when orders.date < landmarks.exposure_date and orders.date >= landmarks.exposure_date - interval {{ horizon_days() }} day then 1 end
        ) as recent_orders,
        count(
            case
                when
                    orders.date < landmarks.exposure_date - interval {{ horizon_days() }} day
                    and orders.date >= landmarks.exposure_date - interval {{ 2 * horizon_days() }} day
                    then 1
            end
        ) as earlier_orders,
        cast(sum(case when orders.date < landmarks.exposure_date then orders.amount end) as double)
        / count(case when orders.date < landmarks.exposure_date then 1 end) as amount
    from orders
    inner join landmarks on orders.date < landmarks.outcome_date
    group by landmarks.landmark, orders.customer_key
),

units as (
    select
        landmark,
        customer_key,
        'subscribed' as outcome,
        is_kept,
        amount,
        cast(null as bigint) as recent_orders,
        cast(null as bigint) as days_since_last,
        first_date,
        plan,
        case when earlier_amount is not null then amount > earlier_amount end as control
    from subscribers
    where was_client and is_client
    union all
    select
        buyers.landmark,
        buyers.customer_key,
        'ordered' as outcome,
        buyers.is_kept,
        buyers.amount,
        buyers.recent_orders,
        {{ days_apart('buyers.last_date', 'landmarks.exposure_date') }} as days_since_last,
        buyers.first_date,
        cast(null as text) as plan,
        case when buyers.first_date < landmarks.exposure_date - interval {{ 2 * horizon_days() }} day then buyers.earlier_orders > 0 end as control
    from buyers
    inner join landmarks on buyers.landmark = landmarks.landmark
    where buyers.last_date >= landmarks.exposure_date - interval 365 day
)

select
    units.landmark,
    landmarks.is_mature,
    units.customer_key,
    units.outcome,
    units.is_kept,
    units.control as is_control_outcome,
    {{ days_apart('units.first_date', 'landmarks.exposure_date') }} as tenure_days,
    coalesce(cast(units.amount as double), 0) as amount,
    units.recent_orders,
    units.days_since_last,
    units.plan,
    accounts.segment,
    accounts.industry,
    accounts.country,
    coalesce(engagement.earlier_days, 0) as earlier_days,
    coalesce(engagement.requests, 0) as requests,
    coalesce(engagement.requests > 0 and engagement.answered_requests = engagement.requests, false) as is_answered_24h,
    coalesce(engagement.is_two_way, false) as is_two_way_thread,
    coalesce(engagement.acts > 0, false) as is_any_touch,
    coalesce(engagement.is_among_members, false) as is_community_active
from units
inner join landmarks on units.landmark = landmarks.landmark
left join accounts on units.customer_key = accounts.account_id
left join {{ ref('int_client_engagement') }} as engagement
    on
        engagement.landmark_kind = 'quarter'
        and units.landmark = engagement.landmark
        and units.customer_key = engagement.customer_key

with clock as (
    select * from {{ ref('int_clock') }}
),

spans as (
    select * from {{ ref('int_subscription_spans') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

engagement as (
    select * from {{ ref('int_client_engagement') }}
),

-- before anything was recorded nobody can be told from the engaged
recorded as (
    select min(date) as first_date
    from (
        select min({{ reporting_date('occurred_at') }}) as date from {{ ref('int_interactions') }}
        union all
        select min({{ reporting_date('occurred_at') }}) as date from {{ ref('int_touches') }}
    ) as kinds
),

-- the clients of retention_lift, from the first day of a quarter for as long as its outcome takes
quarters as (
    select
        'quarter' as landmark_kind,
        units.landmark,
        units.customer_key,
        spans.end_date,
        cast(least(units.landmark + interval {{ horizon_days() }} day, clock.as_of_date) as date) as last_date
    from {{ ref('int_retention_units') }} as units
    cross join clock
    inner join spans
        on
            units.customer_key = spans.customer_key
            and units.landmark >= spans.start_date
            and units.landmark < spans.end_date
    where units.outcome = 'subscribed'
),

-- every client once, from its 90th day for as long as it is watched
tenures as (
    select
        'tenure' as landmark_kind,
        cast(spans.start_date + interval {{ exposure_days() }} day as date) as landmark,
        spans.customer_key,
        spans.end_date,
        clock.as_of_date as last_date
    from spans
    cross join clock
    where spans.is_first
),

followed as (
    select * from quarters
    union all
    select * from tenures
    where landmark < end_date
),

final as (
    select
        followed.landmark_kind,
        followed.landmark,
        followed.customer_key,
        accounts.segment,
        followed.end_date <= followed.last_date as is_event,
        {{ days_apart('followed.landmark', 'least(followed.end_date, followed.last_date)') }} as days,
        coalesce(engagement.requests > 0, false) as is_asking,
        coalesce(engagement.requests > 0 and engagement.answered_requests = engagement.requests, false) as is_answered_24h,
        coalesce(engagement.is_two_way, false) as is_two_way_thread,
        coalesce(engagement.acts > 0, false) as is_any_touch,
        coalesce(engagement.is_among_members, false) as is_community_active
    from followed
    cross join recorded
    left join accounts on followed.customer_key = accounts.account_id
    left join engagement
        on
            followed.landmark_kind = engagement.landmark_kind
            and followed.landmark = engagement.landmark
            and followed.customer_key = engagement.customer_key
    where followed.landmark > recorded.first_date and followed.landmark < followed.last_date
)

select * from final

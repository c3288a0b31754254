with conversions as (
    select
        *,
        least(
            own_window_starts_at,
            {{ days_before('converted_at', attribution_lookbacks() | max) }}
        ) as window_starts_at
    from {{ ref('int_conversions') }}
),

touches as (
    select * from {{ ref('int_attribution_touches') }}
),

of_account as (
    select conversions.conversion_id, touches.touch_id
    from conversions
    inner join touches
        on conversions.account_id = touches.account_id
        and conversions.converted_at >= touches.occurred_at
        and conversions.window_starts_at <= touches.occurred_at
),

-- the buyer's own touches that no account has
of_person as (
    select conversions.conversion_id, touches.touch_id
    from conversions
    inner join touches
        on conversions.person_key = touches.person_key
        and conversions.converted_at >= touches.occurred_at
        and conversions.window_starts_at <= touches.occurred_at
    where coalesce(conversions.account_id <> touches.account_id, true)
),

pairs as (
    select * from of_account
    union all
    select * from of_person
)

select
    pairs.conversion_id,
    conversions.converted_month,
    pairs.touch_id,
    touches.channel,
    touches.platform,
    touches.campaign_id,
    touches.occurred_at as touched_at,
    {{ reporting_month('touches.occurred_at') }} as touched_month,
    {{ seconds_between('touches.occurred_at', 'conversions.converted_at') }} as seconds_before
from pairs
inner join conversions on pairs.conversion_id = conversions.conversion_id
inner join touches on pairs.touch_id = touches.touch_id

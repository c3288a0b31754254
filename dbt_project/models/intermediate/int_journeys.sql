with conversions as (
    select
        *,
        least(
            own_window_starts_at,
            {{ days_before('converted_at', attribution_lookbacks() | max) }}
        ) as window_starts_at
    from {{ ref('int_conversions') }}
),

consents as (
    select * from {{ ref('int_consents') }}
    where purpose = 'attribution'
),

clock as (
    select as_of from {{ ref('int_clock') }}
),

-- the latest word of a person counts, for a platform or for all; at one time a denial outranks a grant
latest_consents as (
    select
        consents.*,
        row_number() over (
            partition by consents.person_key, consents.platform
            order by consents.recorded_at desc, consents.is_granted asc
        ) as recency
    from consents
    cross join clock
    where consents.recorded_at <= clock.as_of
),

denials as (
    select latest_consents.person_key, latest_consents.platform
    from latest_consents
    cross join clock
    where latest_consents.recency = 1
        and (not latest_consents.is_granted or coalesce(latest_consents.expires_at <= clock.as_of, false))
),

touches as (
    select touches.*
    from {{ ref('int_touch_channels') }} as touches
    where not exists (
        select 1
        from denials
        where denials.person_key = touches.person_key
            and coalesce(denials.platform, touches.platform, '') = coalesce(touches.platform, '')
    )
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

with clock as (
    select as_of from {{ ref('int_clock') }}
),

conversions as (
    select
        conversion_id,
        customer_key,
        converted_at,
        own_window_starts_at,
        row_number() over (order by conversion_id) as conversion_no
    from {{ ref('int_conversions') }}
),

-- who has an account is observed as long as a deal looks back, a person as long as an order does
touches as (
    select
        touch_id,
        customer_key,
        channel,
        occurred_at,
        case when account_id is null then 30 else 90 end as own_days,
        row_number() over (order by occurred_at, touch_id) as place
    from {{ ref('int_attribution_touches') }}
),

-- a journey is cut at each conversion: a touch belongs to the first one that it precedes; two of one second share their journey
pairs as (
    select
        conversions.conversion_no,
        conversions.conversion_id,
        conversions.converted_at,
        conversions.own_window_starts_at <= touches.occurred_at as is_in_own_window,
        touches.place,
        touches.channel,
        touches.occurred_at,
        min(conversions.converted_at) over (partition by conversions.customer_key, touches.place) as next_converted_at,
        min(case when conversions.own_window_starts_at <= touches.occurred_at then conversions.converted_at end) over (
            partition by conversions.customer_key, touches.place
        ) as own_converted_at
    from {{ ref('int_journeys') }} as journeys
    inner join conversions on journeys.conversion_id = conversions.conversion_id
    inner join touches on journeys.touch_id = touches.touch_id
),

nearest as (
    select place, min(next_converted_at) as next_converted_at, min(own_converted_at) as own_converted_at
    from pairs
    group by place
),

converted as (
    {% for days in attribution_lookbacks() -%}
    select {{ loop.index }} as chain_id, conversion_no, conversion_id, place, channel
    from pairs
    where converted_at = next_converted_at and {{ days_before('converted_at', days) }} <= occurred_at
    union all
    {% endfor -%}
    select 0 as chain_id, conversion_no, conversion_id, place, channel
    from pairs
    where converted_at = own_converted_at and is_in_own_window
),

unconverted as (
    {% for days in attribution_lookbacks() -%}
    select {{ loop.index }} as chain_id, {{ days }} as days, touches.*
    from touches
    left join nearest on touches.place = nearest.place
    where coalesce({{ days_before('nearest.next_converted_at', days) }} > touches.occurred_at, true)
    union all
    {% endfor -%}
    select 0 as chain_id, touches.own_days as days, touches.*
    from touches
    left join nearest on touches.place = nearest.place
    where nearest.own_converted_at is null
),

-- a pause longer than the lookback ends a journey: what came before could not have been credited for what came after
paused as (
    select
        *,
        coalesce(
            lag(occurred_at) over (partition by chain_id, customer_key order by place) < {{ days_before('occurred_at', 'days') }},
            true
        ) as is_start
    from unconverted
),

numbered as (
    select
        *,
        -- below 0, so that no journey is taken for one that converted
        -sum(case when is_start then 1 else 0 end) over (order by chain_id, customer_key, place rows unbounded preceding) as journey_no
    from paused
),

-- who could still convert within the lookback has not been observed long enough
observed as (
    select
        *,
        max(occurred_at) over (partition by journey_no) as last_touched_at
    from numbered
),

final as (
    select chain_id, conversion_no as journey_no, conversion_id, place, channel, true as is_converted
    from converted
    union all
    select
        observed.chain_id,
        observed.journey_no,
        cast(null as text) as conversion_id,
        observed.place,
        observed.channel,
        false as is_converted
    from observed
    cross join clock
    where observed.last_touched_at <= {{ days_before('clock.as_of', 'observed.days') }}
)

select * from final

with landmarks as (
    select * from {{ ref('int_landmarks') }}
),

-- the first 90 days of each client, a landmark of its own
firsts as (
    select customer_key, start_date, cast(start_date + interval {{ exposure_days() }} day as date) as landmark
    from {{ ref('int_subscription_spans') }}
    where is_first
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where not is_brand and not is_bot
),

interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where not is_brand and not is_bot and audience <> 'employees'
),

parties as (
    select platform, interaction_id, coalesce(account_id, person_key) as customer_key
    from {{ ref('int_interaction_parties') }}
    where role is distinct from 'employee'
),

touches as (
    select * from {{ ref('int_touch_channels') }}
    where customer_key is not null
),

-- everything that a client did himself
acts as (
    select
        parties.customer_key,
        interactions.occurred_at,
        interactions.date,
        coalesce(messages.needs_reply, false) as is_request,
        case when coalesce(messages.needs_reply, false) then messages.answered_at end as answered_at,
        coalesce(messages.answered_at, messages.thread_answered_at) as heard_at,
        messages.previous_answer_at is not null as is_answer_to_us,
        interactions.room_id is not null or messages.is_inbound is false as is_among_members
    from interactions
    inner join parties
        on interactions.platform = parties.platform and interactions.interaction_id = parties.interaction_id
    left join messages
        on {{ key_number(['interactions.platform', 'interactions.interaction_id']) }} = messages.message_no
    union all
    select
        customer_key,
        occurred_at,
        {{ reporting_date('occurred_at') }} as date,
        false as is_request,
        cast(null as timestamp) as answered_at,
        cast(null as timestamp) as heard_at,
        false as is_answer_to_us,
        false as is_among_members
    from touches
),

placed as (
    select
        'quarter' as landmark_kind,
        landmarks.landmark,
        acts.date >= landmarks.exposure_date as is_exposure,
        acts.*
    from acts
    inner join landmarks on acts.date >= landmarks.before_date and acts.date < landmarks.landmark
    union all
    select
        'tenure' as landmark_kind,
        firsts.landmark,
        true as is_exposure,
        acts.*
    from acts
    inner join firsts
        on
            acts.customer_key = firsts.customer_key
            and acts.date >= firsts.start_date
            and acts.date < firsts.landmark
),

-- a request counts once its 24 hours are over; an answer after the landmark is no exposure before it
seen as (
    select
        landmark_kind,
        landmark,
        customer_key,
        date,
        is_exposure,
        is_request and occurred_at + interval 24 hour <= {{ utc_of_reporting('landmark') }} as is_request,
        coalesce(answered_at <= occurred_at + interval 24 hour, false) as is_answered,
        coalesce(heard_at < {{ utc_of_reporting('landmark') }}, false) or is_answer_to_us as is_two_way,
        is_among_members
    from placed
)

select
    landmark_kind,
    landmark,
    customer_key,
    count(case when is_exposure then 1 end) as acts,
    count(case when is_exposure and is_request then 1 end) as requests,
    count(case when is_exposure and is_request and is_answered then 1 end) as answered_requests,
    coalesce(bool_or(is_exposure and is_two_way), false) as is_two_way,
    coalesce(bool_or(is_exposure and is_among_members), false) as is_among_members,
    count(distinct case when not is_exposure then date end) as earlier_days
from seen
group by landmark_kind, landmark, customer_key

with landmarks as (
    select * from {{ ref('int_landmarks') }}
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

-- a request counts once its 24 hours are over; an answer after the landmark is no exposure before it
seen as (
    select
        acts.customer_key,
        acts.date,
        landmarks.landmark,
        acts.date >= landmarks.exposure_date as is_exposure,
        acts.is_request and acts.occurred_at + interval 24 hour <= {{ utc_of_reporting('landmarks.landmark') }} as is_request,
        coalesce(acts.answered_at <= acts.occurred_at + interval 24 hour, false) as is_answered,
        coalesce(acts.heard_at < {{ utc_of_reporting('landmarks.landmark') }}, false) or acts.is_answer_to_us as is_two_way,
        acts.is_among_members
    from acts
    inner join landmarks on acts.date >= landmarks.before_date and acts.date < landmarks.landmark
)

select
    landmark,
    customer_key,
    count(case when is_exposure then 1 end) as acts,
    count(case when is_exposure and is_request then 1 end) as requests,
    count(case when is_exposure and is_request and is_answered then 1 end) as answered_requests,
    coalesce(bool_or(is_exposure and is_two_way), false) as is_two_way,
    coalesce(bool_or(is_exposure and is_among_members), false) as is_among_members,
    count(distinct case when not is_exposure then date end) as earlier_days
from seen
group by landmark, customer_key

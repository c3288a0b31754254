with units as (
    select * from {{ ref('int_response_times') }}
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where is_inbound
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- what was deleted before an answer was seen could not be answered
requests as (
    select
        units.month,
        units.platform,
        units.audience,
        units.actor_key,
        {% for hours in [1, 4, 24, 72] -%}
        {% set in_time = "units.asked_at + interval " ~ hours ~ " hour" -%}
        case when units.unit = 'message_burst' and {{ in_time }} <= clock.as_of then 1 else 0 end as asked_{{ hours }}h,
        case
            when units.unit = 'message_burst' and {{ in_time }} <= clock.as_of and units.answered_at <= {{ in_time }} then 1 else 0
        end as answered_{{ hours }}h,
        {% endfor -%}
        case when units.unit = 'conversation_first' and units.asked_at + interval 1 hour <= clock.as_of then 1 else 0 end as opened,
        case
            when
                units.unit = 'conversation_first'
                and units.asked_at + interval 1 hour <= clock.as_of
                and units.answered_at <= units.asked_at + interval 1 hour
                then 1
            else 0
        end as opened_and_answered,
        0 as addressed,
        0 as got_answer
    from units
    cross join clock
    where not units.is_deleted or units.answered_at is not null
),

contacts as (
    select
        month,
        platform,
        audience,
        actor_key,
        {% for hours in [1, 4, 24, 72] -%}
        0 as asked_{{ hours }}h,
        0 as answered_{{ hours }}h,
        {% endfor -%}
        0 as opened,
        0 as opened_and_answered,
        1 as addressed,
        case when answered_at is not null then 1 else 0 end as got_answer
    from messages
),

counted as (
    select * from requests
    union all
    select * from contacts
)

select
    month,
    platform,
    audience,
    actor_key,
    {% for hours in [1, 4, 24, 72] -%}
    sum(asked_{{ hours }}h) as asked_{{ hours }}h,
    sum(answered_{{ hours }}h) as answered_{{ hours }}h,
    {% endfor -%}
    sum(opened) as opened,
    sum(opened_and_answered) as opened_and_answered,
    max(addressed) as addressed,
    max(got_answer) as got_answer
from counted
group by month, platform, audience, actor_key

{{ config(materialized='in_parts', rows_of='int_message_answers') }}

with units as (
    -- what was deleted before an answer was seen could not be answered
    select *, is_deleted and answered_at is null as is_lost
    from {{ ref('int_response_times') }}
    where {{ in_part('actor_no') }}
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where {{ in_part('actor_no') }}
),

replies as (
    select * from {{ ref('int_replies') }}
    where is_public_social and is_counted and {{ in_part('answered_actor_no') }}
),

thread_people as (
    select * from {{ ref('int_thread_people') }}
    where {{ in_part('actor_no') }}
),

touches as (
    select * from {{ ref('int_first_touches') }}
    where {{ in_part('actor_no') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

requests as (
    select
        units.month,
        units.cell_no,
        units.actor_no,
        {% for hours in [1, 4, 24, 72] -%}
        {% set in_time = "units.asked_at + interval " ~ hours ~ " hour" -%}
        case when units.unit = 'message_burst' and not units.is_lost and {{ in_time }} <= clock.as_of then 1 else 0 end as asked_{{ hours }}h,
        case when units.unit = 'message_burst' and {{ in_time }} <= clock.as_of and units.answered_at <= {{ in_time }} then 1 else 0 end as answered_{{ hours }}h,
        {% endfor -%}
        case when units.unit = 'conversation_first' and not units.is_lost and units.asked_at + interval 1 hour <= clock.as_of then 1 else 0 end as opened,
        case
            when
                units.unit = 'conversation_first'
                and units.asked_at + interval 1 hour <= clock.as_of
                and units.answered_at <= units.asked_at + interval 1 hour
                then 1
            else 0
        end as opened_and_answered,
        case when units.unit = 'message_burst' then 1 else 0 end as bursts,
        case when units.unit = 'conversation_first' then 1 else 0 end as begun
    from units
    cross join clock
),

-- a conversation of the last 72 hours may still be answered
conversations as (
    select
        touches.month,
        touches.cell_no,
        touches.actor_no,
        1 as conversations,
        case when touches.is_by_a_person then 1 else 0 end as touched_by_a_person
    from touches
    cross join clock
    where touches.asked_at + interval 72 hour <= clock.as_of
),

contacts as (
    select
        month,
        cell_no,
        actor_no,
        case when is_inbound then 1 else 0 end as addressed,
        case when is_inbound and answered_at is not null then 1 else 0 end as got_answer,
        1 as wrote
    from messages
    where not is_brand and not is_bot and kind <> 'post'
),

people_replied_to as (
    select
        month,
        cell_no,
        answered_actor_no as actor_no,
        1 as replied_to
    from replies
),

people_in_threads as (
    select
        month,
        cell_no,
        actor_no,
        1 as in_threads
    from thread_people
),

counted as (
    select * from requests
    union all by name
    select * from conversations
    union all by name
    select * from contacts
    union all by name
    select * from people_replied_to
    union all by name
    select * from people_in_threads
)

select
    month,
    cell_no,
    actor_no,
    {% for hours in [1, 4, 24, 72] -%}
    cast(coalesce(sum(asked_{{ hours }}h), 0) as integer) as asked_{{ hours }}h,
    cast(coalesce(sum(answered_{{ hours }}h), 0) as integer) as answered_{{ hours }}h,
    {% endfor -%}
    cast(coalesce(sum(opened), 0) as integer) as opened,
    cast(coalesce(sum(opened_and_answered), 0) as integer) as opened_and_answered,
    cast(coalesce(sum(conversations), 0) as integer) as conversations,
    cast(coalesce(sum(touched_by_a_person), 0) as integer) as touched_by_a_person,
    cast(coalesce(sum(wrote), 0) as integer) as wrote,
    {% for column in ['addressed', 'got_answer', 'bursts', 'begun', 'replied_to', 'in_threads'] -%}
    coalesce(max({{ column }}), 0) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from counted
where actor_no is not null
group by month, cell_no, actor_no

-- whoever was seen in a room stays its member; colleagues stand for themselves, direct messages are left out
with interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where room_id is not null and kind in ('comment', 'reply', 'mention', 'message') and not is_bot and not (is_brand and audience <> 'employees')
),

clock as (
    select * from {{ ref('int_clock') }}
),

messages as (
    select
        interactions.platform,
        interactions.room_id,
        interactions.audience,
        interactions.month,
        interactions.actor_key,
        count(*) as messages
    from interactions
    cross join clock
    where interactions.occurred_at <= clock.as_of
    group by all
),

members as (
    select platform, room_id, audience, actor_key, min(month) as since
    from messages
    group by platform, room_id, audience, actor_key
),

months as (
    select distinct platform, room_id, audience, month from messages
)

select
    months.platform,
    months.room_id,
    months.audience,
    months.month,
    members.actor_key,
    coalesce(messages.messages, 0) as messages
from months
inner join members
    on months.platform = members.platform and months.room_id = members.room_id and months.audience = members.audience and months.month >= members.since
left join messages
    on months.platform = messages.platform
    and months.room_id = messages.room_id
    and months.audience = messages.audience
    and months.month = messages.month
    and members.actor_key = messages.actor_key

-- Messages of people and bots (joins, topics and other notices left out). thread_ts is text: as a number it loses its
-- zeros. A reply's own row is mostly not in the data; where a thread has one single replier, the time of its latest
-- reply is that person's, so that reply is known and kept. The words were dropped before the data was published.
with messages as (
    select channel_id, thread_ts, ts, "user", bot_id, latest_reply, reply_users, subtype
    from read_csv(getvariable('data') || '/slack_superset/messages.csv', all_varchar = true)
    union all by name
    select channel_id, thread_ts, ts, "user", latest_reply, reply_users
    from read_csv(getvariable('data') || '/slack_superset/threads.csv', all_varchar = true)
),

kept as (
    select *
    from messages
    where subtype is null or subtype = 'thread_broadcast'
    qualify row_number() over (partition by channel_id, thread_ts order by subtype nulls last, latest_reply desc nulls last) = 1
),

roots as (
    select
        channel_id || '/' || thread_ts as interaction_id,
        ts::timestamp as occurred_at,
        "user" as actor_key,
        channel_id as room_id,
        channel_id || '/' || thread_ts as thread_id,
        null as parent_id,
        null as addressee_key,
        bot_id is not null as is_bot
    from kept
),

replies as (
    select
        channel_id || '/' || latest_reply as interaction_id,
        make_timestamp(replace(latest_reply, '.', '')::bigint) as occurred_at,
        json_extract_string(reply_users, '$[0]') as actor_key,
        channel_id as room_id,
        channel_id || '/' || thread_ts as thread_id,
        channel_id || '/' || thread_ts as parent_id,
        "user" as addressee_key,
        false as is_bot
    from kept
    where json_array_length(try_cast(reply_users as json)) = 1 and latest_reply is not null and latest_reply <> thread_ts
)

select
    'slack' as platform,
    'message' as kind,
    'employees' as audience,
    true as is_brand,
    *
from (
    select * from roots
    union all by name
    -- a reply that was also sent to the channel stands among the roots already
    select * from replies anti join roots using (interaction_id)
)
order by occurred_at, interaction_id

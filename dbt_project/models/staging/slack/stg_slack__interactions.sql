with messages as (
    select * from {{ source('slack', 'messages') }}
),

channels as (
    select * from {{ source('slack', 'channels') }}
)

select
    'slack' as platform,
    messages.message_id as interaction_id,
    messages.occurred_at,
    'message' as kind,
    messages.actor_key,
    messages.is_brand,
    messages.addressee_key,
    messages.parent_id,
    messages.thread_id,
    -- a shared channel may be called like the other company
    case when channels.is_shared then messages.channel_id else coalesce(channels.name, messages.channel_id) end as room_id,
    -- towards others the audience is told from who they are
    case when messages.is_internal then 'employees' end as audience,
    messages.team,
    messages.is_question,
    messages.is_bot,
    messages.deleted_at is not null as is_deleted,
    'slack' as source,
    messages._observed_at
from messages
left join channels on messages.channel_id = channels.channel_id

with comments as (
    select * from {{ source('zendesk', 'comments') }}
),

tickets as (
    select * from {{ source('zendesk', 'tickets') }}
),

groups as (
    select * from {{ source('zendesk', 'groups') }}
)

select
    'zendesk' as platform,
    comments.comment_id as interaction_id,
    comments.created_at as occurred_at,
    'message' as kind,
    comments.actor_key,
    comments.is_brand,
    comments.addressee_key,
    comments.ticket_id as thread_id,
    groups.name as team,
    comments.is_bot,
    comments.deleted_at is not null as is_deleted,
    comments.text,
    comments.sentiment,
    'zendesk' as source,
    comments._observed_at
from comments
left join tickets on comments.ticket_id = tickets.ticket_id
left join groups on tickets.group_id = groups.group_id
where not coalesce(tickets.is_internal, false)

with tickets as (
    select * from {{ source('zendesk', 'tickets') }}
    where deleted_at is null and not is_internal
),

groups as (
    select * from {{ source('zendesk', 'groups') }}
)

select
    'zendesk' as platform,
    tickets.ticket_id as thread_id,
    tickets.created_at as opened_at,
    tickets.status,
    -- a case that was opened again keeps the time of its first solution
    case when tickets.status in ('solved', 'closed') then tickets.solved_at end as resolved_at,
    groups.name as team,
    'zendesk' as source,
    tickets._observed_at
from tickets
left join groups on tickets.group_id = groups.group_id

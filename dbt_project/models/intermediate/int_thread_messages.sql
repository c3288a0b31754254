with recursive messages as (
    select
        platform,
        message_id,
        occurred_at,
        kind,
        actor_key,
        is_brand,
        is_bot,
        is_deleted,
        is_inbound,
        audience,
        post_id,
        thread_id,
        parent_id,
        thread_no,
        needs_reply
    from {{ ref('int_messages') }}
    where kind <> 'post'
),

interactions as (
    select platform, interaction_id, account_id, team, sentiment
    from {{ ref('int_interaction_audiences') }}
),

-- where the source names no thread, a message belongs to what it answers, up to the message that answers none
climbed as (
    select platform, message_id, message_id as opening_id, parent_id, thread_id, 0 as steps
    from messages
    where thread_id is null
    union all
    select
        climbed.platform,
        climbed.message_id,
        parents.message_id as opening_id,
        parents.parent_id,
        parents.thread_id,
        climbed.steps + 1 as steps
    from climbed
    inner join messages as parents
        on climbed.platform = parents.platform and climbed.parent_id = parents.message_id
    where climbed.thread_id is null and climbed.steps < {{ longest_chain_of_answers() }}
),

openings as (
    select
        platform,
        message_id,
        {{ latest('coalesce(thread_id, opening_id)', 'steps') }} as thread_id,
        {{ latest("case when thread_id is null then 'answers' else 'source' end", 'steps') }} as thread_basis
    from climbed
    group by platform, message_id
),

-- what stands nowhere begins with the first message to or by the same person
first_ones as (
    select
        platform,
        message_id,
        first_value(message_id) over (partition by thread_no order by occurred_at, message_id) as thread_id
    from messages
    where kind in ('dm', 'message') and thread_id is null and parent_id is null and post_id is null
)

select
    messages.platform,
    messages.message_id,
    coalesce(messages.thread_id, first_ones.thread_id, openings.thread_id) as thread_id,
    case when messages.thread_id is null then openings.thread_basis else 'source' end as thread_basis,
    messages.occurred_at,
    messages.kind,
    messages.actor_key,
    messages.is_brand,
    messages.is_bot,
    messages.is_deleted,
    messages.is_inbound,
    messages.audience,
    messages.post_id,
    messages.parent_id,
    messages.needs_reply,
    interactions.account_id,
    interactions.team,
    interactions.sentiment
from messages
left join openings
    on messages.platform = openings.platform and messages.message_id = openings.message_id
left join first_ones
    on openings.platform = first_ones.platform
    and case when openings.thread_basis = 'answers' then openings.thread_id end = first_ones.message_id
left join interactions
    on messages.platform = interactions.platform and messages.message_id = interactions.interaction_id

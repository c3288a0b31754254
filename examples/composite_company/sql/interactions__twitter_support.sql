-- The listed messages, and the closing answer that the source leaves out of its list but names by tweet id.
-- Six tweets stand in two conversations: the key is conversation and turn.
with conversations as (
    select * from read_csv(getvariable('data') || '/support_conversations_ibm/conversations.csv', all_varchar = true)
),

messages as (
    select * from read_csv(getvariable('data') || '/support_conversations_ibm/messages.csv', all_varchar = true)
),

listed as (
    select
        conversation_id || '/' || seq as interaction_id,
        sent_at::timestamp as occurred_at,
        case role when 'agent' then company else author end as actor_key,
        company as profile_id,
        role = 'agent' as is_brand,
        case when seq::int > 1 then conversation_id || '/' || (seq::int - 1) end as parent_id,
        conversation_id as thread_id,
        text
    from messages
),

closing as (
    select
        conversation_id || '/close' as interaction_id,
        resolved_at::timestamp as occurred_at,
        company as actor_key,
        company as profile_id,
        true as is_brand,
        conversation_id || '/' || (message_count::int - 1) as parent_id,
        conversation_id as thread_id,
        null as text
    from conversations
)

select
    'twitter' as platform,
    'message' as kind,
    'clients' as audience,
    *
from (select * from listed union all by name select * from closing)
order by thread_id, occurred_at, interaction_id

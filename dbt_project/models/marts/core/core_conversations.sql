with clock as (
    select * from {{ ref('int_clock') }}
),

listed as (
    select * from {{ ref('int_conversations') }}
),

rules as (
    {{ thread_precedence() | indent(4) }}
),

messages as (
    select
        interactions.*,
        rules.precedence
    from {{ ref('int_interaction_audiences') }} as interactions
    left join rules on interactions.audience = rules.audience
    where interactions.thread_id is not null
),

threads as (
    select
        platform,
        thread_id,
        min(occurred_at) as first_message_at,
        max(occurred_at) as last_message_at,
        count(*) as messages,
        count(*) filter (where is_brand) as brand_messages,
        count(*) filter (where not is_brand) as inbound_messages,
        count(distinct case when not is_brand then actor_key end) as actors,
        min(case when not is_brand then occurred_at end) as first_inbound_at,
        bool_and(kind = 'dm') as is_direct,
        {{ first_by('audience', 'precedence') }} as audience,
        {{ first_by('account_id', 'occurred_at') }} as account_id,
        {{ first_by('team', 'occurred_at') }} as team
    from messages
    group by platform, thread_id
),

conversations as (
    select
        coalesce(listed.platform, threads.platform) as platform,
        coalesce(listed.thread_id, threads.thread_id) as thread_id,
        coalesce(listed.opened_at, threads.first_message_at) as opened_at,
        listed.status,
        listed.resolved_at,
        coalesce(listed.team, threads.team) as team,
        coalesce(
            case when listed.audience in ('employees', 'public', 'clients', 'suppliers') then listed.audience end, threads.audience, 'unknown'
        ) as audience,
        threads.account_id,
        threads.first_message_at,
        threads.last_message_at,
        threads.first_inbound_at,
        coalesce(threads.messages, 0) as messages,
        coalesce(threads.brand_messages, 0) as brand_messages,
        coalesce(threads.inbound_messages, 0) as inbound_messages,
        coalesce(threads.actors, 0) as actors,
        coalesce(threads.is_direct, false) as is_direct,
        listed.thread_id is not null as is_listed
    from listed
    full outer join threads on listed.platform = threads.platform and listed.thread_id = threads.thread_id
)

select
    conversations.platform,
    conversations.thread_id,
    conversations.opened_at,
    {{ reporting_date('conversations.opened_at') }} as date,
    conversations.status,
    conversations.resolved_at,
    conversations.team,
    conversations.audience,
    conversations.account_id,
    conversations.first_message_at,
    conversations.last_message_at,
    conversations.first_inbound_at,
    conversations.messages,
    conversations.brand_messages,
    conversations.inbound_messages,
    conversations.actors,
    conversations.is_listed,
    clock.is_demo
from conversations
cross join clock
where conversations.audience <> 'employees' and not conversations.is_direct

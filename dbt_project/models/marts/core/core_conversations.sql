with clock as (
    select * from {{ ref('int_clock') }}
),

salt as (
    select * from {{ ref('int_salt') }}
),

listed as (
    select
        *,
        case when audience in ('employees', 'public', 'clients', 'suppliers') then audience end as given_audience
    from {{ ref('int_conversations') }}
),

rules as (
    {{ thread_precedence() | indent(4) }}
),

messages as (
    select
        thread_messages.*,
        rules.precedence,
        row_number() over (
            partition by thread_messages.platform, thread_messages.thread_id
            order by thread_messages.occurred_at, thread_messages.is_brand, thread_messages.message_id
        ) as place
    from {{ ref('int_thread_messages') }} as thread_messages
    left join rules on thread_messages.audience = rules.audience
),

-- the person who speaks first for the other side: whose mood is followed
openers as (
    select
        platform,
        thread_id,
        {{ first_by('actor_key', 'place') }} as opener_key,
        min(occurred_at) as first_inbound_at
    from messages
    where not is_brand and not is_bot
    group by platform, thread_id
),

placed as (
    select
        messages.*,
        openers.opener_key,
        openers.first_inbound_at,
        not messages.is_brand and messages.actor_key = openers.opener_key and messages.sentiment is not null as is_scored,
        messages.is_brand and not messages.is_bot and messages.occurred_at >= openers.first_inbound_at as is_human_reply,
        -- who is greeted by a machine begins; what a machine writes in their name does not
        messages.is_bot
        and (not messages.is_brand or coalesce(openers.first_inbound_at <= messages.occurred_at + {{ greeted_before() }}, false)) as is_greeting,
        -- a machine takes no turn
        not messages.is_bot
        and coalesce(
            messages.is_brand <> lag(case when not messages.is_bot then messages.is_brand end ignore nulls) over (
                partition by messages.platform, messages.thread_id
                order by messages.place
            ),
            true
        ) as is_turn
    from messages
    left join openers
        on messages.platform = openers.platform and messages.thread_id = openers.thread_id
),

threads as (
    select
        platform,
        thread_id,
        min(thread_basis) as thread_basis,
        min(occurred_at) as first_message_at,
        max(occurred_at) as last_message_at,
        max(case when not is_brand then occurred_at end) as last_inbound_at,
        min(first_inbound_at) as first_inbound_at,
        min(opener_key) as opener_key,
        case when {{ first_by('is_brand', 'case when not is_greeting then place end') }} then 'brand' else 'audience' end as began_by,
        count(*) as messages,
        count(*) filter (where is_brand) as brand_messages,
        count(*) filter (where not is_brand) as inbound_messages,
        count(distinct case when not is_brand then actor_key end) as actors,
        count(*) filter (where is_turn) as turns,
        count(*) filter (where is_deleted and not is_brand) as deleted_messages,
        min(case when is_brand and occurred_at >= first_inbound_at then occurred_at end) as first_reply_at,
        min(case when is_human_reply then occurred_at end) as first_human_reply_at,
        {{ first_by('is_inbound and coalesce(needs_reply, true)', 'case when not is_brand and not is_bot then place end') }} as needs_reply,
        {{ first_by('sentiment', 'case when is_scored then place end') }} as sentiment_start,
        case when count(*) filter (where is_scored) > 1 then {{ latest('sentiment', 'case when is_scored then place end') }} end as sentiment_end,
        bool_and(kind = 'dm') as is_direct,
        {{ first_by('post_id', 'place') }} as post_id,
        {{ first_by('audience', 'precedence') }} as audience,
        {{ first_by('account_id', 'place') }} as account_id,
        {{ first_by('team', 'place') }} as team
    from placed
    group by platform, thread_id
),

conversations as (
    select
        coalesce(listed.platform, threads.platform) as platform,
        coalesce(listed.thread_id, threads.thread_id) as thread_id,
        coalesce(threads.thread_basis, 'source') as thread_basis,
        coalesce(listed.opened_at, threads.first_message_at) as opened_at,
        listed.status,
        listed.resolved_at,
        coalesce(listed.team, threads.team) as team,
        coalesce(listed.given_audience, threads.audience, 'unknown') as audience,
        threads.account_id,
        threads.post_id,
        threads.opener_key,
        threads.began_by,
        threads.first_message_at,
        threads.last_message_at,
        threads.first_inbound_at,
        threads.last_inbound_at,
        threads.first_reply_at,
        threads.first_human_reply_at,
        threads.needs_reply,
        threads.sentiment_start,
        threads.sentiment_end,
        coalesce(threads.messages, 0) as messages,
        coalesce(threads.brand_messages, 0) as brand_messages,
        coalesce(threads.inbound_messages, 0) as inbound_messages,
        coalesce(threads.actors, 0) as actors,
        coalesce(threads.turns, 0) as turns,
        coalesce(threads.deleted_messages, 0) as deleted_messages,
        coalesce(threads.is_direct, false) as is_direct,
        listed.thread_id is not null as is_listed
    from listed
    full outer join threads on listed.platform = threads.platform and listed.thread_id = threads.thread_id
)

select
    conversations.platform,
    conversations.thread_id,
    {{ conversation_ref('conversations.platform', 'conversations.thread_id', 'conversations.opener_key', 'salt.salt') }} as conversation_ref,
    conversations.thread_basis,
    conversations.opened_at,
    {{ reporting_date('conversations.opened_at') }} as date,
    conversations.status,
    conversations.resolved_at,
    case
        when conversations.resolved_at > clock.as_of then false
        when lower(conversations.status) in ('solved', 'resolved', 'closed', 'done') then true
        when lower(conversations.status) in ('new', 'open', 'reopened', 'pending', 'waiting', 'hold', 'on-hold') then false
        when conversations.resolved_at is not null then coalesce(conversations.last_inbound_at <= conversations.resolved_at, true)
    end as is_resolved,
    conversations.team,
    conversations.audience,
    conversations.account_id,
    conversations.post_id,
    conversations.opener_key,
    conversations.began_by,
    conversations.first_message_at,
    conversations.last_message_at,
    conversations.first_inbound_at,
    conversations.first_reply_at,
    conversations.first_human_reply_at,
    {{ published_double('(' ~ microseconds_between('conversations.first_inbound_at', 'conversations.first_human_reply_at') ~ ' / 60000000.0)') }} as minutes_to_first_human_reply,
    conversations.needs_reply,
    conversations.messages,
    conversations.brand_messages,
    conversations.inbound_messages,
    conversations.deleted_messages,
    conversations.actors,
    conversations.turns,
    conversations.brand_messages > 0 and conversations.inbound_messages > 0 as has_both_sides,
    {{ mood('conversations.sentiment_start') }} as mood_start,
    {{ mood('conversations.sentiment_end') }} as mood_end,
    conversations.is_listed,
    clock.is_demo
from conversations
cross join clock
cross join salt
where conversations.audience <> 'employees' and not conversations.is_direct

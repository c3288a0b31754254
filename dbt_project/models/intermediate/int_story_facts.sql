with conversations as (
    select * from {{ ref('core_conversations') }}
    where conversation_ref is not null
),

thread_messages as (
    select * from {{ ref('int_thread_messages') }}
),

interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where not is_brand and not is_bot and audience <> 'employees'
),

movements as (
    select * from {{ ref('roi_mrr_movements') }}
),

-- people of the other side who answered, liked or passed on an answer of a person of ours; what we said before anybody asked is none
returns_of_answers as (
    select answers.platform, answers.thread_id, count(distinct interactions.actor_key) as came_back
    from thread_messages as answers
    inner join conversations
        on answers.platform = conversations.platform and answers.thread_id = conversations.thread_id
    inner join interactions
        on answers.platform = interactions.platform and answers.message_id = interactions.parent_id
    where answers.is_brand and not answers.is_bot and answers.occurred_at >= conversations.first_inbound_at
    group by answers.platform, answers.thread_id, answers.message_id
),

returns as (
    select platform, thread_id, max(came_back) as came_back
    from returns_of_answers
    group by platform, thread_id
),

first_contacts as (
    select actor_key, min(occurred_at) as first_contact_at
    from interactions
    group by actor_key
),

-- nobody is new in the first 90 days of the data: they may have been there before
beginning as (
    select min(occurred_at) + interval 90 day as known_from
    from interactions
),

-- an account has rows for the months it pays in and for the one in which it stops
paying as (
    select distinct account_id, month
    from movements
),

churns as (
    select distinct account_id, month
    from movements
    where category = 'churn'
),

followed as (
    select distinct conversations.conversation_ref
    from conversations
    inner join churns
        on conversations.account_id = churns.account_id
        and conversations.date < churns.month + interval 1 month
        and conversations.date + interval 90 day >= churns.month
)

select
    conversations.platform,
    conversations.thread_id,
    conversations.conversation_ref,
    {{ quarter_of('conversations.date') }} as quarter,
    conversations.audience,
    conversations.opener_key,
    conversations.began_by,
    conversations.first_human_reply_at,
    conversations.minutes_to_first_human_reply,
    conversations.needs_reply,
    conversations.is_resolved,
    conversations.mood_start,
    conversations.mood_end,
    conversations.deleted_messages,
    coalesce(returns.came_back, 0) as came_back,
    first_contacts.first_contact_at = conversations.first_inbound_at
    and conversations.first_inbound_at >= beginning.known_from as is_first_contact,
    paying.account_id is not null as is_paying_account,
    followed.conversation_ref is not null as is_followed_by_churn
from conversations
cross join beginning
left join returns
    on conversations.platform = returns.platform and conversations.thread_id = returns.thread_id
left join first_contacts on conversations.opener_key = first_contacts.actor_key
left join paying
    on conversations.account_id = paying.account_id and {{ month_of('conversations.date') }} = paying.month
left join followed on conversations.conversation_ref = followed.conversation_ref

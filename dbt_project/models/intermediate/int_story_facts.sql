{% set soonest_days = story_rules() | map(attribute='settled_after_days') | min -%}
-- what comes after a quarter has been looked at draws no other story of it
with persons as (
    {{ persons_of_accounts() | indent(4) }}
),

conversations as (
    select
        told.*,
        coalesce(persons.person_key, told.opener_key) as opener_person,
        {{ quarter_of('told.date') }} as quarter,
        {{ utc_of_reporting('cast(' ~ quarter_of('told.date') ~ ' + interval 3 month as date)') }} + interval {{ soonest_days }} day as looked_at
    from {{ ref('core_conversations') }} as told
    left join persons on told.platform = persons.platform and told.opener_key = persons.actor_key
    where told.conversation_ref is not null
),

thread_messages as (
    select * from {{ ref('int_thread_messages') }}
),

interactions as (
    select
        written.platform,
        written.parent_id,
        written.occurred_at,
        coalesce(persons.person_key, written.actor_key) as person_key
    from {{ ref('int_interaction_audiences') }} as written
    left join persons on written.platform = persons.platform and written.actor_key = persons.actor_key
    where not written.is_brand and not written.is_bot and written.audience <> 'employees'
),

movements as (
    select * from {{ ref('roi_mrr_movements') }}
),

-- people of the other side who answered, liked or passed on an answer of a person of ours; what we said before anybody asked is none
returns_of_answers as (
    select answers.platform, answers.thread_id, count(distinct interactions.person_key) as came_back
    from thread_messages as answers
    inner join conversations
        on answers.platform = conversations.platform and answers.thread_id = conversations.thread_id
    inner join interactions
        on answers.platform = interactions.platform and answers.message_id = interactions.parent_id
    where
        answers.is_brand
        and not answers.is_bot
        and answers.occurred_at >= conversations.first_inbound_at
        and interactions.occurred_at < conversations.looked_at
    group by answers.platform, answers.thread_id, answers.message_id
),

returns as (
    select platform, thread_id, max(came_back) as came_back
    from returns_of_answers
    group by platform, thread_id
),

last_moods as (
    select
        conversations.conversation_ref,
        case when count(*) > 1 then {{ latest('said.sentiment', record(['occurred_at', 'message_id'])) }} end as sentiment
    from conversations
    inner join thread_messages as said
        on conversations.platform = said.platform and conversations.thread_id = said.thread_id and conversations.opener_key = said.actor_key
    where not said.is_brand and said.sentiment is not null and said.occurred_at < conversations.looked_at
    group by conversations.conversation_ref
),

first_contacts as (
    select person_key, min(occurred_at) as first_contact_at
    from interactions
    group by person_key
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
    conversations.quarter,
    conversations.audience,
    conversations.opener_person,
    conversations.began_by,
    conversations.first_human_reply_at,
    conversations.minutes_to_first_human_reply,
    conversations.needs_reply,
    conversations.is_resolved and coalesce(conversations.resolved_at < conversations.looked_at, true) as is_resolved,
    conversations.mood_start,
    {{ mood('last_moods.sentiment') }} as mood_end,
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
left join last_moods on conversations.conversation_ref = last_moods.conversation_ref
left join first_contacts on conversations.opener_person = first_contacts.person_key
left join paying
    on conversations.account_id = paying.account_id and {{ month_of('conversations.date') }} = paying.month
left join followed on conversations.conversation_ref = followed.conversation_ref

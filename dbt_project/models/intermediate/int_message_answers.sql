with messages as (
    select * from {{ ref('int_messages') }}
),

conversations as (
    select * from {{ ref('int_conversations') }}
),

in_thread as (
    select
        *,
        lag(occurred_at) over thread_order as previous_at,
        min(case when is_answer then occurred_at end) over thread_later as next_answer_at,
        min(case when is_answer and party_key is null then occurred_at end) over thread_later as next_answer_to_all_at,
        max(case when is_answer and party_key is null then occurred_at end) over thread_earlier as previous_answer_to_all_at,
        last_value(case when not is_brand then message_id end ignore nulls) over thread_earlier as previous_message_id,
        last_value(case when not is_brand then actor_key end ignore nulls) over thread_earlier as previous_actor_key
    from messages
    window
        thread_order as (partition by platform, thread_key order by occurred_at, is_answer, message_id),
        thread_later as (
            partition by platform, thread_key order by occurred_at, is_answer, message_id
            rows between 1 following and unbounded following
        ),
        thread_earlier as (
            partition by platform, thread_key order by occurred_at, is_answer, message_id
            rows between unbounded preceding and 1 preceding
        )
),

reopened as (
    select
        in_thread.*,
        coalesce(
            in_thread.previous_at < in_thread.occurred_at - interval {{ var('thread_reopens_after_days', 7) }} day
            or (conversations.resolved_at >= in_thread.previous_at and conversations.resolved_at < in_thread.occurred_at),
            false
        ) as is_reopening
    from in_thread
    left join conversations
        on in_thread.platform = conversations.platform and in_thread.thread_id = conversations.thread_id
),

with_party as (
    select
        *,
        min(case when is_answer then occurred_at end) over party_later as next_answer_to_party_at,
        max(case when is_answer then occurred_at end) over party_earlier as previous_answer_to_party_at,
        last_value(case when not is_brand then message_id end ignore nulls) over party_earlier as previous_party_message_id,
        sum(case when is_reopening and not is_brand then 1 else 0 end) over party_so_far as reopenings
    from reopened
    window
        party_later as (
            partition by platform, thread_key, party_key order by occurred_at, is_answer, message_id
            rows between 1 following and unbounded following
        ),
        party_earlier as (
            partition by platform, thread_key, party_key order by occurred_at, is_answer, message_id
            rows between unbounded preceding and 1 preceding
        ),
        party_so_far as (
            partition by platform, thread_key, party_key order by occurred_at, is_answer, message_id
            rows between unbounded preceding and current row
        )
),

direct_answers as (
    select platform, parent_id, min(occurred_at) as answered_at
    from messages
    where is_answer and parent_id is not null
    group by platform, parent_id
)

select
    messages.platform,
    messages.message_id,
    messages.occurred_at,
    {{ reporting_month('messages.occurred_at') }} as month,
    messages.kind,
    messages.profile_id,
    messages.audience,
    messages.actor_key,
    messages.party_key,
    messages.is_brand,
    messages.is_bot,
    messages.is_deleted,
    messages.is_answer,
    messages.is_inbound,
    messages.is_public_social,
    messages.post_id,
    messages.thread_key,
    messages.is_conversation,
    messages.needs_reply is not null as is_needs_reply_given,
    messages.is_inbound and coalesce(
        messages.needs_reply,
        messages.kind in ('mention', 'dm')
        or (messages.is_conversation and messages.kind <> 'post' and (messages.previous_at is null or messages.is_reopening))
    ) as needs_reply,
    messages.reopenings,
    case
        when messages.is_conversation
            then coalesce(
                greatest(messages.previous_answer_to_party_at, messages.previous_answer_to_all_at),
                messages.previous_answer_to_party_at,
                messages.previous_answer_to_all_at
            )
        else messages.previous_answer_to_party_at
    end as previous_answer_at,
    -- by parent, else the next brand message to that person in the thread
    case
        when messages.is_brand then null
        when direct_answers.answered_at >= messages.occurred_at then direct_answers.answered_at
        when messages.is_conversation
            then coalesce(
                least(messages.next_answer_to_party_at, messages.next_answer_to_all_at),
                messages.next_answer_to_party_at,
                messages.next_answer_to_all_at
            )
        else messages.next_answer_to_party_at
    end as answered_at,
    case when messages.is_brand then null when messages.is_conversation then messages.next_answer_at end as thread_answered_at,
    -- the one audience message that a brand message answers
    case
        when not messages.is_brand or messages.kind = 'post' then null
        when messages.audience_parent_id is not null then messages.audience_parent_id
        when messages.party_key is not null then messages.previous_party_message_id
        when messages.is_conversation then messages.previous_message_id
    end as answered_message_id,
    case
        when not messages.is_brand or messages.kind = 'post' then null
        when messages.party_key is not null then messages.party_key
        when messages.is_conversation then messages.previous_actor_key
    end as answered_actor_key,
    messages.text_key
from with_party as messages
left join direct_answers
    on messages.platform = direct_answers.platform and messages.message_id = direct_answers.parent_id and not messages.is_brand

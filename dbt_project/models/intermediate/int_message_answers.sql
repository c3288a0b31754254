{{ config(materialized='in_parts', rows_of='int_messages_placed') }}

-- Numbers in place of keys: this is sorted twice, and grows with all that was ever said.
with messages as (
    select
        message_no,
        thread_no,
        party_no,
        actor_no,
        cell_no,
        occurred_at,
        kind,
        is_brand,
        is_bot,
        is_deleted,
        is_answer,
        is_inbound,
        is_peer_reply,
        is_public_social,
        is_conversation,
        needs_reply,
        text_no,
        audience_parent_no
    from {{ ref('int_messages_placed') }}
    where {{ in_part('thread_no') }}
),

-- when a thread's source says that it was resolved
resolutions as (
    select {{ key_number(['platform', 'thread_id']) }} as thread_no, max(resolved_at) as resolved_at
    from {{ ref('int_conversations') }}
    where resolved_at is not null
    group by all
),

in_thread as (
    select
        *,
        -- a greeting that a machine says to everybody opens nothing
        lag(case when not is_bot then occurred_at end ignore nulls) over thread_order as previous_at,
        -- a post that continues the post above bears the thread's number, and is not said in the conversation below
        lead(case when is_answer and is_conversation then occurred_at end ignore nulls) over thread_order as next_answer_at,
        lead(case when is_answer and is_conversation and party_no is null then occurred_at end ignore nulls) over thread_order as next_answer_to_all_at,
        lag(case when is_answer and is_conversation and party_no is null then occurred_at end ignore nulls) over thread_order as previous_answer_to_all_at,
        lag(case when not is_brand then message_no end ignore nulls) over thread_order as previous_message_no,
        lag(case when not is_brand then actor_no end ignore nulls) over thread_order as previous_actor_no
    from messages
    window thread_order as (partition by thread_no order by occurred_at, is_answer, message_no)
),

reopened as (
    select
        in_thread.*,
        coalesce(
            in_thread.previous_at < in_thread.occurred_at - interval {{ var('thread_reopens_after_days', 7) }} day
            or (resolutions.resolved_at >= in_thread.previous_at and resolutions.resolved_at < in_thread.occurred_at),
            false
        ) as is_reopening
    from in_thread
    left join resolutions on in_thread.thread_no = resolutions.thread_no
),

with_party as (
    select
        *,
        lead(case when is_answer then occurred_at end ignore nulls) over party_order as next_answer_to_party_at,
        lag(case when is_answer then occurred_at end ignore nulls) over party_order as previous_answer_to_party_at,
        lag(case when not is_brand then message_no end ignore nulls) over party_order as previous_party_message_no,
        cast(
            sum(case when is_reopening and not is_brand then 1 else 0 end)
                over (party_order rows between unbounded preceding and current row)
            as integer
        ) as reopenings
    from reopened
    window party_order as (partition by thread_no, party_no order by occurred_at, is_answer, message_no)
),

direct_answers as (
    select * from {{ ref('int_direct_answers') }}
),

-- what was said to several people at once
shared_answers as (
    select * from {{ ref('int_shared_answers') }}
    where {{ in_part('thread_no') }}
)

select
    messages.message_no,
    messages.thread_no,
    messages.actor_no,
    messages.cell_no,
    messages.occurred_at,
    {{ reporting_month('messages.occurred_at') }} as month,
    messages.kind,
    messages.is_brand,
    messages.is_bot,
    messages.is_deleted,
    messages.is_inbound,
    messages.is_peer_reply,
    messages.is_public_social,
    messages.is_conversation,
    messages.needs_reply is not null as is_needs_reply_given,
    messages.is_inbound and coalesce(
        messages.needs_reply,
        messages.kind in ('mention', 'dm')
        or (messages.is_conversation and messages.kind <> 'post' and (messages.previous_at is null or messages.is_reopening))
    ) as needs_reply,
    messages.reopenings,
    {{ latest_of([
        'messages.previous_answer_to_party_at',
        'shared_answers.previous_answer_at',
        'case when messages.is_conversation then messages.previous_answer_to_all_at end',
    ]) }} as previous_answer_at,
    -- by parent, else the next brand message to that person in the thread
    case
        when messages.is_brand then null
        when direct_answers.answered_at >= messages.occurred_at then direct_answers.answered_at
        else {{ earliest([
            'messages.next_answer_to_party_at',
            'shared_answers.next_answer_at',
            'case when messages.is_conversation then messages.next_answer_to_all_at end',
        ]) }}
    end as answered_at,
    case when messages.is_brand then null when messages.is_conversation then messages.next_answer_at end as thread_answered_at,
    -- the one audience message that a brand message answers
    case
        when not messages.is_brand or messages.kind = 'post' then null
        when messages.audience_parent_no is not null then messages.audience_parent_no
        when messages.party_no is not null then coalesce(messages.previous_party_message_no, shared_answers.answered_message_no)
        when messages.is_conversation then messages.previous_message_no
    end as answered_message_no,
    case
        when not messages.is_brand or messages.kind = 'post' then null
        when messages.party_no is not null and messages.previous_party_message_no is null and shared_answers.answered_actor_no is not null
            then shared_answers.answered_actor_no
        when messages.party_no is not null then messages.party_no
        when messages.is_conversation then messages.previous_actor_no
    end as answered_actor_no,
    messages.text_no
from with_party as messages
left join direct_answers on messages.message_no = direct_answers.message_no
left join shared_answers on messages.message_no = shared_answers.message_no

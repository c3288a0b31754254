{{ config(materialized='in_parts', rows_of='int_replies') }}

-- what was deleted before an answer was seen could not be answered: it counts here no more than in response rates
with conversations as (
    select * from {{ ref('int_response_times') }}
    where unit = 'conversation_first' and not (is_deleted and answered_at is null) and {{ in_part('thread_no') }}
),

-- whatever the brand wrote there, a machine's words as well
replies as (
    select thread_no, case when not is_conversation then answered_actor_no end as conversation_of, occurred_at, message_no, is_bot, is_personal
    from {{ ref('int_replies') }}
    where kind <> 'post' and (is_conversation or answered_actor_no is not null) and {{ in_part('thread_no') }}
),

later as (
    select
        conversations.month,
        conversations.cell_no,
        conversations.actor_no,
        conversations.asked_at,
        replies.is_personal,
        row_number() over (
            partition by conversations.thread_no, conversations.conversation_of
            order by replies.occurred_at, replies.is_personal, replies.message_no
        ) as place
    from conversations
    left join replies
        on {{ key_number(['conversations.thread_no', 'conversations.conversation_of']) }} = {{ key_number(['replies.thread_no', 'replies.conversation_of']) }}
        -- who is greeted by a machine was touched by it first
        and conversations.asked_at
        <= replies.occurred_at + case when replies.is_bot then {{ greeted_before() }} else interval 0 second end
)

select month, cell_no, actor_no, asked_at, coalesce(is_personal, false) as is_by_a_person
from later
where place = 1

{{ config(materialized='in_parts', rows_of='int_message_answers') }}

with brand_messages as (
    select * from {{ ref('int_message_answers') }}
    where is_brand and {{ in_part('coalesce(answered_message_no, message_no)') }}
),

repeated_texts as (
    select * from {{ ref('int_repeated_texts') }}
),

judged as (
    select
        brand_messages.*,
        answered_message_no is not null and kind not in ('dm', 'message') as is_reply,
        not brand_messages.is_bot and repeated_texts.text_no is null as is_personal
    from brand_messages
    left join repeated_texts on brand_messages.text_no = repeated_texts.text_no
)

select
    message_no,
    occurred_at,
    month,
    kind,
    cell_no,
    thread_no,
    is_bot,
    is_conversation,
    is_public_social,
    is_reply,
    is_personal,
    answered_message_no,
    answered_actor_no,
    text_no,
    -- an answer in five messages is one reply
    is_personal
    and answered_message_no is not null
    and row_number() over (
        partition by answered_message_no, is_personal
        order by occurred_at, message_no
    ) = 1 as is_counted
from judged

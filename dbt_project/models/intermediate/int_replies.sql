with brand_messages as (
    select * from {{ ref('int_message_answers') }}
    where is_brand
),

text_uses as (
    select text_no, count(distinct answered_actor_no) as people
    from brand_messages
    where text_no is not null and answered_actor_no is not null
    group by text_no
),

judged as (
    select
        brand_messages.*,
        answered_message_no is not null and kind not in ('dm', 'message') as is_reply,
        not is_bot and coalesce(text_uses.people, 0) <= {{ var('one_text_is_personal_up_to_people', 20) }} as is_personal
    from brand_messages
    left join text_uses on brand_messages.text_no = text_uses.text_no
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

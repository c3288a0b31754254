with brand_messages as (
    select * from {{ ref('int_message_answers') }}
    where is_brand
),

text_uses as (
    select text_key, count(distinct answered_actor_key) as people
    from brand_messages
    where text_key is not null and answered_actor_key is not null
    group by text_key
),

judged as (
    select
        brand_messages.*,
        answered_message_id is not null and kind not in ('dm', 'message') as is_reply,
        answered_message_id is not null
        and not is_bot
        and coalesce(text_uses.people, 0) <= {{ var('one_text_is_personal_up_to_people', 20) }} as is_own_reply
    from brand_messages
    left join text_uses on brand_messages.text_key = text_uses.text_key
)

select
    platform,
    message_id,
    occurred_at,
    month,
    kind,
    profile_id,
    audience,
    post_id,
    thread_key,
    is_bot,
    is_public_social,
    is_reply,
    answered_message_id,
    answered_actor_key,
    text_key,
    -- an answer in five messages is one reply
    is_own_reply
    and row_number() over (
        partition by platform, answered_message_id, is_own_reply
        order by occurred_at, message_id
    ) = 1 as is_counted
from judged

-- ids and keys again, for what tells of single conversations; whatever is only counted reads int_messages_placed
with interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where kind in ('comment', 'reply', 'mention', 'dm', 'message')
),

posts as (
    select * from {{ ref('int_posts') }}
),

placed as (
    select * from {{ ref('int_messages_placed') }}
),

said as (
    select
        platform,
        interaction_id as message_id,
        actor_key,
        post_id,
        thread_id,
        parent_id,
        {{ key_number(['platform', 'interaction_id']) }} as message_no
    from interactions
    union all
    select
        posts.platform,
        posts.post_id as message_id,
        posts.author_key as actor_key,
        case when posts.reply_to_post_id is null then posts.post_id end as post_id,
        cast(null as text) as thread_id,
        posts.reply_to_post_id as parent_id,
        {{ key_number(['posts.platform', 'posts.post_id']) }} as message_no
    from posts
    left join interactions
        on posts.platform = interactions.platform and posts.post_id = interactions.interaction_id
    where interactions.interaction_id is null
)

select
    said.platform,
    said.message_id,
    placed.occurred_at,
    placed.kind,
    said.actor_key,
    placed.is_brand,
    placed.is_bot,
    placed.is_deleted,
    placed.is_inbound,
    placed.audience,
    said.post_id,
    said.thread_id,
    said.parent_id,
    placed.thread_no,
    placed.needs_reply
from said
inner join placed on said.message_no = placed.message_no

{% set cell_columns = ['platform', 'party_audience', 'party_profile_id', 'party_language', 'party_team', 'party_room_id'] -%}

with interactions as (
    select
        platform,
        interaction_id as message_id,
        occurred_at,
        kind,
        profile_id,
        actor_key,
        addressee_key,
        is_brand,
        is_bot,
        is_deleted,
        audience,
        post_id,
        thread_id,
        parent_id,
        room_id,
        team,
        language,
        needs_reply,
        text,
        false as is_paid
    from {{ ref('int_interaction_audiences') }}
    where kind in ('comment', 'reply', 'mention', 'dm', 'message')
),

posts as (
    select * from {{ ref('int_posts') }}
),

profiles as (
    select * from {{ ref('int_profiles') }}
),

platforms as (
    select * from {{ ref('platforms') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- a reply may reach us as a post of the brand's own feed, as an interaction, or as both
posts_alone as (
    select
        posts.platform,
        posts.post_id as message_id,
        posts.posted_at as occurred_at,
        case when posts.reply_to_post_id is not null then 'reply' else 'post' end as kind,
        posts.profile_id,
        posts.author_key as actor_key,
        cast(null as text) as addressee_key,
        coalesce(posts.is_brand, true) as is_brand,
        false as is_bot,
        posts.deleted_at is not null as is_deleted,
        coalesce(posts.audience, profiles.default_audience, 'public') as audience,
        case when posts.reply_to_post_id is null then posts.post_id end as post_id,
        cast(null as text) as thread_id,
        posts.reply_to_post_id as parent_id,
        cast(null as text) as room_id,
        cast(null as text) as team,
        posts.language,
        cast(null as boolean) as needs_reply,
        posts.text,
        coalesce(posts.is_paid, false) as is_paid
    from posts
    left join interactions
        on posts.platform = interactions.platform and posts.post_id = interactions.message_id
    left join profiles
        on posts.platform = profiles.platform and posts.profile_id = profiles.profile_id
    where interactions.message_id is null
),

messages as (
    select * from interactions
    union all
    select * from posts_alone
),

brand_actors as (
    select distinct platform, actor_key
    from interactions
    where is_brand
),

-- a platform that gives posts and never what people answered cannot tell a monologue from a conversation
heard_platforms as (
    select distinct platform
    from messages
    where kind in ('comment', 'reply', 'mention')
),

-- where a message stands and whom it addresses; what has neither thread nor post belongs to the message it answers
placed as (
    select
        messages.*,
        -- a reply is said to those whom it answers
        case when messages.is_brand and not parents.is_brand then parents.audience else messages.audience end as party_audience,
        coalesce(platforms.is_social, true) and heard_platforms.platform is not null as is_heard_social_platform,
        coalesce(
            messages.thread_id, parents.thread_id, messages.post_id, parents.post_id, messages.parent_id, messages.message_id
        ) as thread_key,
        -- a post with comments is no conversation: what the brand says there to nobody in particular answers nobody
        coalesce(messages.thread_id, parents.thread_id) is not null
        or coalesce(messages.post_id, parents.post_id) is null as is_conversation,
        coalesce(messages.profile_id, parents.profile_id) as party_profile_id,
        coalesce(messages.language, parents.language) as party_language,
        coalesce(messages.team, parents.team) as party_team,
        coalesce(messages.room_id, parents.room_id) as party_room_id,
        parents.message_id as parent_message_id,
        parents.actor_key as parent_actor_key,
        coalesce(parents.is_brand, true) as is_parent_brand,
        addressees.actor_key is not null as is_addressee_brand
    from messages
    cross join clock
    left join platforms on messages.platform = platforms.platform
    left join heard_platforms on messages.platform = heard_platforms.platform
    left join messages as parents
        on messages.platform = parents.platform and messages.parent_id = parents.message_id
    left join brand_actors as addressees
        on messages.platform = addressees.platform and messages.addressee_key = addressees.actor_key
    where messages.occurred_at <= clock.as_of and messages.audience <> 'employees'
),

flagged as (
    select
        *,
        -- the person on the audience's side of the message; NULL: the brand speaks to all who take part
        case
            when not is_brand then actor_key
            when not is_parent_brand then parent_actor_key
            when not is_addressee_brand then addressee_key
        end as party_key,
        is_brand and not is_bot and kind <> 'post' as is_answer,
        not is_brand
        and not is_bot
        and kind <> 'post'
        and (
            kind in ('mention', 'dm')
            or (
                (is_parent_brand or parent_actor_key = actor_key)
                and (addressee_key is null or is_addressee_brand or addressee_key = actor_key)
            )
        ) as is_inbound,
        -- one of the audience answers another of it
        not is_brand
        and not is_bot
        and kind <> 'post'
        and (
            (not is_parent_brand and parent_actor_key <> actor_key)
            or (addressee_key is not null and not is_addressee_brand and addressee_key <> actor_key)
        ) as is_peer_reply
    from placed
)

select
    platform,
    message_id,
    occurred_at,
    kind,
    party_profile_id as profile_id,
    party_audience as audience,
    actor_key,
    party_key,
    is_brand,
    is_bot,
    is_deleted,
    is_answer,
    is_inbound,
    coalesce(is_peer_reply, false) as is_peer_reply,
    is_heard_social_platform and not is_paid and kind not in ('dm', 'message') as is_public_social,
    post_id,
    thread_id,
    thread_key,
    is_conversation,
    parent_id,
    case when not is_parent_brand then parent_message_id end as audience_parent_id,
    needs_reply,
    case when is_brand then {{ text_key('text') }} end as text_key,
    party_language as language,
    party_team as team,
    party_room_id as room_id,
    {{ key_number(['platform', 'message_id']) }} as message_no,
    {{ key_number(['platform', 'thread_key']) }} as thread_no,
    case when parent_id is not null then {{ key_number(['platform', 'parent_id']) }} end as parent_no,
    case when not is_parent_brand then {{ key_number(['platform', 'parent_message_id']) }} end as audience_parent_no,
    {{ key_number_of('actor_key') }} as actor_no,
    {{ key_number_of('party_key') }} as party_no,
    {{ key_number(cell_columns) }} as cell_no
from flagged

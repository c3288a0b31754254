-- Numbers in place of keys and ids: each message is held against the one that it answers, and all of them are sorted later.
{% set place = ['platform', 'audience', 'profile_id', 'language', 'team', 'room_id'] -%}
with interactions as not materialized (
    select * from {{ ref('int_interaction_audiences') }}
    where kind in ('comment', 'reply', 'mention', 'dm', 'message')
),

brand_actors as (
    select * from {{ ref('int_brand_actors') }}
),

persons as (
    {{ persons_of_accounts() | indent(4) }}
),

-- whoever else is addressed where several are
addressees as (
    select
        {{ key_number(['addressees.platform', 'addressees.interaction_id']) }} as message_no,
        min(
            case when brand_actors.actor_no is null then {{ key_number(['coalesce(persons.person_key, addressees.addressee_key)']) }} end
        ) as person_no,
        min(brand_actors.actor_no) as brand_no
    from {{ ref('int_interaction_addressees') }} as addressees
    left join brand_actors
        on addressees.platform = brand_actors.platform and {{ key_number(['addressees.addressee_key']) }} = brand_actors.actor_no
    left join persons on addressees.platform = persons.platform and addressees.addressee_key = persons.actor_key
    group by 1
),

addressed as (
    select
        interactions.*,
        {{ key_number_of('coalesce(actors.person_key, interactions.actor_key)') }} as actor_no,
        coalesce(
            case when brand_actors.actor_no is null then {{ key_number_of('coalesce(persons.person_key, interactions.addressee_key)') }} end,
            addressees.person_no
        ) as to_person_no,
        coalesce(brand_actors.actor_no, addressees.brand_no) as to_brand_no
    from interactions
    left join brand_actors
        on interactions.platform = brand_actors.platform and {{ key_number_of('interactions.addressee_key') }} = brand_actors.actor_no
    left join addressees
        on {{ key_number(['interactions.platform', 'interactions.interaction_id']) }} = addressees.message_no
    left join persons as actors on interactions.platform = actors.platform and interactions.actor_key = actors.actor_key
    left join persons on interactions.platform = persons.platform and interactions.addressee_key = persons.actor_key
),

-- what is said to the brand and others is said to the brand, and what the brand says to itself and others to these
between_two as (
    select
        *,
        case when is_brand then coalesce(to_person_no, to_brand_no) else coalesce(to_brand_no, to_person_no) end as addressee_no,
        to_brand_no is not null and (not is_brand or to_person_no is null) as is_addressee_brand,
        case
            when is_brand then to_person_no
            when to_brand_no is not null or to_person_no is null then actor_no
        end as person_no
    from addressed
),

posts as (
    select * from {{ ref('int_posts') }}
),

profiles as (
    select * from {{ ref('int_profiles') }}
),

heard as (
    select platform, bool_or(audience = 'unknown') and not bool_or(audience = 'public') as is_nobody_known_as_public
    from interactions
    where not is_brand
    group by 1
),

-- a reply may reach us as a post of the brand's own feed, as an interaction, or as both; where nobody tells that a post is for the public or that
-- those who answer are it, both are for whoever is unknown: else the public's share of replies would be 0 by ignorance
posts_alone as (
    select
        posts.*,
        coalesce(posts.audience, profiles.default_audience, case when heard.is_nobody_known_as_public then 'unknown' end, 'public') as said_to,
        coalesce(persons.person_key, posts.author_key) as author_or_person_key
    from posts
    left join interactions
        on posts.platform = interactions.platform and posts.post_id = interactions.interaction_id
    left join profiles
        on posts.platform = profiles.platform and posts.profile_id = profiles.profile_id
    left join heard on posts.platform = heard.platform
    left join persons on posts.platform = persons.platform and posts.author_key = persons.actor_key
    where interactions.interaction_id is null
)

select
    occurred_at,
    kind,
    is_brand,
    is_bot,
    is_deleted,
    false as is_paid,
    true as is_interaction,
    needs_reply,
    {{ place | join(', ') }},
    {{ key_number(['platform', 'interaction_id']) }} as message_no,
    actor_no,
    addressee_no,
    is_addressee_brand,
    case when parent_id is not null then {{ key_number(['platform', 'parent_id']) }} end as parent_no,
    case
        when thread_id is not null then {{ key_number(['platform', 'thread_id']) }}
        -- what stands nowhere is one conversation with each person
        when kind in ('dm', 'message') and coalesce(parent_id, post_id, room_id) is null and person_no is not null
            then {{ key_number(['platform', 'profile_id', 'person_no']) }}
    end as named_thread_no,
    case when post_id is not null then {{ key_number(['platform', 'post_id']) }} end as post_no,
    {{ key_number(place) }} as place_no,
    text_no
from between_two
union all
select
    posted_at as occurred_at,
    case when reply_to_post_id is not null then 'reply' else 'post' end as kind,
    coalesce(is_brand, true) as is_brand,
    false as is_bot,
    deleted_at is not null as is_deleted,
    coalesce(is_paid, false) as is_paid,
    false as is_interaction,
    cast(null as boolean) as needs_reply,
    platform,
    said_to as audience,
    profile_id,
    language,
    cast(null as text) as team,
    cast(null as text) as room_id,
    {{ key_number(['platform', 'post_id']) }} as message_no,
    {{ key_number_of('author_or_person_key') }} as actor_no,
    cast(null as {{ number_type() }}) as addressee_no,
    false as is_addressee_brand,
    case when reply_to_post_id is not null then {{ key_number(['platform', 'reply_to_post_id']) }} end as parent_no,
    cast(null as {{ number_type() }}) as named_thread_no,
    case when reply_to_post_id is null then {{ key_number(['platform', 'post_id']) }} end as post_no,
    {{ key_number(['platform', 'said_to', 'profile_id', 'language', 'cast(null as text)', 'cast(null as text)']) }} as place_no,
    case when coalesce(is_brand, true) then {{ key_number_of(text_key('text')) }} end as text_no
from posts_alone

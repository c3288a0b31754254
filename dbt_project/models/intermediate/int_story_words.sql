with draws as (
    select * from {{ ref('int_story_draws') }}
),

thread_messages as (
    select * from {{ ref('int_thread_messages') }}
    where not is_bot
),

interactions as (
    select platform, interaction_id, text
    from {{ ref('int_interactions') }}
),

posts as (
    select platform, post_id, text
    from {{ ref('int_posts') }}
),

actor_persons as (
    select * from {{ ref('int_actor_persons') }}
),

consents as (
    select * from {{ ref('int_consents') }} where purpose = 'story_text'
),

clock as (
    select * from {{ ref('int_clock') }}
),

said as (
    select
        draws.story_id,
        thread_messages.platform,
        thread_messages.message_id,
        thread_messages.occurred_at,
        thread_messages.is_brand,
        thread_messages.is_deleted,
        thread_messages.actor_key,
        coalesce(interactions.text, posts.text) as text,
        row_number() over (
            partition by draws.story_id
            order by thread_messages.occurred_at, thread_messages.is_brand, thread_messages.message_id
        ) as place
    from draws
    inner join thread_messages
        on draws.platform = thread_messages.platform and draws.thread_id = thread_messages.thread_id
    left join interactions
        on thread_messages.platform = interactions.platform and thread_messages.message_id = interactions.interaction_id
    left join posts
        on thread_messages.platform = posts.platform and thread_messages.message_id = posts.post_id
),

-- everybody of the other side who wrote, by the account and by the person it is known to belong to
keys as (
    select distinct story_id, platform, actor_key, actor_key as person_key
    from said
    where not is_brand
    union
    select distinct said.story_id, said.platform, said.actor_key, actor_persons.person_key
    from said
    inner join actor_persons on said.platform = actor_persons.platform and said.actor_key = actor_persons.actor_key
    where not said.is_brand
),

asked as (
    select
        keys.story_id,
        keys.actor_key,
        bool_or(consents.is_granted and consents.recorded_at <= clock.as_of) as was_granted
    from keys
    cross join clock
    left join consents
        on keys.person_key = consents.person_key and coalesce(keys.platform = consents.platform, true)
    group by keys.story_id, keys.actor_key
),

refused as (
    select distinct story_id, actor_key
    from keys
    where {{ is_denied('story_text', 'keys.person_key', 'keys.platform') | indent(4) }}
),

authors as (
    select
        asked.story_id,
        count(*) as authors,
        count(*) filter (where coalesce(asked.was_granted, false) and refused.actor_key is null) as consenting_authors,
        count(*) filter (where coalesce(asked.was_granted, false) and refused.actor_key is not null) as withdrawn_authors
    from asked
    left join refused on asked.story_id = refused.story_id and asked.actor_key = refused.actor_key
    group by asked.story_id
),

words as (
    select
        story_id,
        case
            when count(*) = count(text)
                then {{ joined_in_order("case when is_brand then 'We: ' else 'They: ' end || " ~ without_handles('text'), "chr(10)", 'place') }}
        end as words,
        max(occurred_at) as last_said_at,
        bool_or(is_deleted) as is_source_deleted
    from said
    where place <= {{ var('story_messages', 12) }}
    group by story_id
)

select
    words.story_id,
    words.words,
    words.last_said_at,
    words.is_source_deleted,
    coalesce(authors.authors, 0) as authors,
    coalesce(authors.consenting_authors, 0) as consenting_authors,
    coalesce(authors.withdrawn_authors, 0) as withdrawn_authors
from words
left join authors on words.story_id = authors.story_id

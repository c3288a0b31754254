-- Numbers in place of keys and ids, and what can be told of an interaction by itself: parents, threads and texts meet by these alone.
{% set audiences = "('employees', 'public', 'clients', 'suppliers')" -%}
with interactions as (
    select
        *,
        coalesce(is_brand, false) as is_of_brand,
        case when audience in {{ audiences }} then audience end as given_audience,
        {{ key_number(['platform', 'interaction_id']) }} as interaction_no,
        case when thread_id is not null then {{ key_number(['platform', 'thread_id']) }} end as thread_no
    from {{ ref('int_interactions') }}
),

conversations as (
    select {{ key_number(['platform', 'thread_id']) }} as thread_no, case when audience in {{ audiences }} then audience end as audience
    from {{ ref('int_conversations') }}
),

posts as (
    select platform, post_id, profile_id, case when audience in {{ audiences }} then audience end as audience
    from {{ ref('int_posts') }}
),

profiles as (
    select platform, profile_id, coalesce(default_audience, 'public') as default_audience
    from {{ ref('int_profiles') }}
),

parties as (
    select * from {{ ref('int_party_audiences') }}
)

select
    interactions.interaction_no,
    case when interactions.parent_id is not null then {{ key_number(['interactions.platform', 'interactions.parent_id']) }} end as parent_no,
    interactions.thread_no,
    {{ key_number_of('interactions.actor_key') }} as actor_no,
    interactions.occurred_at,
    interactions.is_of_brand as is_brand,
    interactions.text_no,
    coalesce(interactions.is_bot, false) as is_bot,
    -- an employee is one in any thread; between the others the thread's purpose decides
    coalesce(
        interactions.given_audience,
        case when not interactions.is_of_brand and parties.audience = 'employees' then parties.audience end,
        conversations.audience,
        parties.audience,
        -- what the brand says is told by whom it answers before it is told by where it stands
        case when not interactions.is_of_brand then coalesce(posts.audience, profiles.default_audience, 'unknown') end
    ) as audience,
    parties.account_id,
    not interactions.is_of_brand
    and coalesce(
        interactions.given_audience is not null
        or parties.audience = 'employees'
        or (conversations.audience is null and parties.audience is not null),
        false
    ) as is_telling_of_thread
from interactions
left join conversations
    on interactions.thread_no = conversations.thread_no
left join posts
    on interactions.platform = posts.platform and interactions.post_id = posts.post_id
left join profiles
    on interactions.platform = profiles.platform and coalesce(interactions.profile_id, posts.profile_id) = profiles.profile_id
left join parties
    on interactions.interaction_no = parties.interaction_no

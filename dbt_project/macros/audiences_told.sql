{# Of whom an interaction is, as far as it says so itself: what was given, its thread, the party, the post and the profile. #}

{% macro audience_names() -%}('employees', 'public', 'clients', 'suppliers'){%- endmacro %}

{% macro audiences_told() -%}
{#- CTEs `interactions` (with is_of_brand, given_audience and numbers in place of ids) and what tells an audience of them. -#}
interactions as (
    select
        *,
        coalesce(is_brand, false) as is_of_brand,
        case when audience in {{ audience_names() }} then audience end as given_audience,
        {{ key_number(['platform', 'interaction_id']) }} as interaction_no,
        case when thread_id is not null then {{ key_number(['platform', 'thread_id']) }} end as thread_no
    from {{ ref('int_interactions') }}
),

conversations as (
    select {{ key_number(['platform', 'thread_id']) }} as thread_no, case when audience in {{ audience_names() }} then audience end as audience
    from {{ ref('int_conversations') }}
),

posts as (
    select platform, post_id, profile_id, case when audience in {{ audience_names() }} then audience end as audience
    from {{ ref('int_posts') }}
),

profiles as (
    select
        platform,
        profile_id,
        case when default_audience is null then 'public' when default_audience in {{ audience_names() }} then default_audience else 'unknown' end as default_audience
    from {{ ref('int_profiles') }}
),

parties as (
    select * from {{ ref('int_party_audiences') }}
)
{%- endmacro %}

{% macro join_audiences_told() -%}
left join conversations
    on interactions.thread_no = conversations.thread_no
left join posts
    on interactions.platform = posts.platform and interactions.post_id = posts.post_id
left join profiles
    on interactions.platform = profiles.platform and coalesce(interactions.profile_id, posts.profile_id) = profiles.profile_id
left join parties
    on interactions.interaction_no = parties.interaction_no
{%- endmacro %}

{% macro persons_of_accounts() -%}
{#- Accounts that are known to be one person's count, and are numbered, as that person; one that was handed on was two people's. -#}
select platform, actor_key, person_key
from {{ ref('int_actor_persons') }}
where valid_from is null
{%- endmacro %}

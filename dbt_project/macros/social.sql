{# Staging of social sources: their raw tables have one shape, whatever the platform calls things (pipelines/social.py). #}

{% macro social_profiles(platform) -%}
select
    '{{ platform }}' as platform,
    profile_id,
    name,
    '{{ platform }}' as source,
    _observed_at
from {{ source(platform, 'profiles') }}
{%- endmacro %}

{% macro social_profile_metrics(platform, counters=[]) -%}
{#- `counters`: what this platform counts beside the three of all. -#}
select
    '{{ platform }}' as platform,
    profile_id,
    _observed_at as observed_at,
    followers,
    following,
    posts_total,
    {% for counter in counters %}{{ counter }},
    {% endfor -%}
    '{{ platform }}' as source,
    _observed_at
from {{ source(platform, 'profile_metrics') }}
{%- endmacro %}

{% macro social_posts(platform) -%}
select
    '{{ platform }}' as platform,
    profile_id,
    post_id,
    posted_at,
    kind,
    true as is_brand,
    permalink,
    text,
    language,
    reply_to_post_id,
    deleted_at,
    '{{ platform }}' as source,
    _observed_at
from {{ source(platform, 'posts') }}
{%- endmacro %}

{% macro social_post_metrics(platform, counters=[]) -%}
select
    '{{ platform }}' as platform,
    post_id,
    _observed_at as observed_at,
    likes,
    replies as comments,
    reposts + coalesce(quotes, 0) as shares,
    bookmarks as saves,
    {% for counter in counters %}{{ counter }},
    {% endfor -%}
    '{{ platform }}' as source,
    _observed_at
from {{ source(platform, 'post_metrics') }}
{%- endmacro %}

{% macro social_interactions(platform) -%}
{#- Lists of likes and reposts may not say when. Between two readings at most 26 hours apart the later one stands for it;
    what was there at a first reading has no time, and counts in post_metrics only. -#}
with dated as (
    select
        *,
        case
            when occurred_at is not null then occurred_at
            when listed_at <= {{ dbt.dateadd('hour', 26, 'missing_at') }} then listed_at
        end as happened_at
    from {{ source(platform, 'interactions') }}
)

select
    '{{ platform }}' as platform,
    interaction_id,
    happened_at as occurred_at,
    case kind
        when 'like' then 'reaction'
        when 'repost' then 'share'
        when 'quote' then 'share'
        else kind
    end as kind,
    actor_key,
    profile_id,
    is_brand,
    addressee_key,
    post_id,
    parent_id,
    thread_id,
    is_bot,
    deleted_at is not null as is_deleted,
    text,
    language,
    sentiment,
    '{{ platform }}' as source,
    _observed_at
from dated
where happened_at is not null
{%- endmacro %}

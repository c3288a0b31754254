{#- What can be told of an interaction by itself. It is read thrice, each time only the columns that are used: a table of it would be as wide as all that was said. -#}
{% set placed_interactions -%}
interactions
left join conversations
    on interactions.platform = conversations.platform and interactions.thread_id = conversations.thread_id
left join posts
    on interactions.platform = posts.platform and interactions.post_id = posts.post_id
left join profiles
    on interactions.platform = profiles.platform and coalesce(interactions.profile_id, posts.profile_id) = profiles.profile_id
left join parties
    on interactions.interaction_no = parties.interaction_no
{%- endset %}
{#- An employee is one in any thread; between the others the thread's purpose decides. -#}
{% set inbound_audience -%}
coalesce(
    interactions.given_audience,
    case when parties.audience = 'employees' then parties.audience end,
    conversations.audience,
    parties.audience,
    posts.audience,
    profiles.default_audience,
    'unknown'
)
{%- endset %}
with interactions as not materialized (
    select
        *,
        coalesce(is_brand, false) as is_of_brand,
        case when audience in ('employees', 'public', 'clients', 'suppliers') then audience end as given_audience,
        {{ key_number(['platform', 'interaction_id']) }} as interaction_no,
        case when parent_id is not null then {{ key_number(['platform', 'parent_id']) }} end as parent_no,
        case when thread_id is not null then {{ key_number(['platform', 'thread_id']) }} end as thread_no
    from {{ ref('int_interactions') }}
),

conversations as (
    select platform, thread_id, case when audience in ('employees', 'public', 'clients', 'suppliers') then audience end as audience
    from {{ ref('int_conversations') }}
),

posts as (
    select platform, post_id, profile_id, case when audience in ('employees', 'public', 'clients', 'suppliers') then audience end as audience
    from {{ ref('int_posts') }}
),

profiles as (
    select platform, profile_id, coalesce(default_audience, 'public') as default_audience
    from {{ ref('int_profiles') }}
),

-- the mood of what they write is not read where they have said no
sentiment_choices as (
    select * from {{ ref('int_sentiment_choices') }}
),

rules as (
    {{ thread_precedence() | indent(4) }}
),

automatic_answers as (
    select {{ key_number(['platform', 'interaction_id']) }} as interaction_no
    from {{ ref('int_automatic_answers') }}
),

-- of several addressees the one whose audience comes first, then by the account's id
parties as (
    select
        {{ key_number(['platform', 'interaction_id']) }} as interaction_no,
        {{ first_by('audience', 'precedence') }} as audience,
        {{ first_by('account_id', "(1000 + coalesce(precedence, 9)) || '|' || account_id") }} as account_id
    from {{ ref('int_interaction_parties') }}
    group by platform, interaction_id
),

answered as (
    select distinct parent_no
    from interactions
    where is_of_brand and parent_no is not null
),

-- what the brand answers
parents as (
    select
        interactions.interaction_no,
        {{ inbound_audience | indent(8) }} as audience,
        parties.account_id
    from {{ placed_interactions | indent(4) }}
    inner join answered on interactions.interaction_no = answered.parent_no
    where not interactions.is_of_brand
),

-- whom a thread is with, told from who writes in it; a colleague who joins in does not make it an internal one
threads as (
    select
        told.thread_no,
        {{ first_by('told.audience', 'rules.precedence') }} as audience,
        -- where several companies write it is nobody's
        case when min(told.account_id) = max(told.account_id) then min(told.account_id) end as account_id
    from (
        select interactions.thread_no, {{ inbound_audience | indent(12) }} as audience, parties.account_id
        from {{ placed_interactions | indent(8) }}
        where
            not interactions.is_of_brand
            and interactions.thread_no is not null
            and (
                interactions.given_audience is not null
                or parties.audience = 'employees'
                or (conversations.audience is null and parties.audience is not null)
            )
    ) as told
    inner join rules on told.audience = rules.audience
    group by told.thread_no
)

select
    interactions.platform,
    interactions.interaction_id,
    interactions.occurred_at,
    {{ reporting_date('interactions.occurred_at') }} as date,
    {{ reporting_month('interactions.occurred_at') }} as month,
    interactions.kind,
    interactions.actor_key,
    interactions.is_of_brand as is_brand,
    interactions.addressee_key,
    coalesce(interactions.profile_id, posts.profile_id) as profile_id,
    case
        when not interactions.is_of_brand then {{ inbound_audience | indent(12) }}
        else
            coalesce(
                interactions.given_audience,
                conversations.audience,
                parties.audience,
                parents.audience,
                threads.audience,
                posts.audience,
                profiles.default_audience,
                'unknown'
            )
    end as audience,
    case
        when interactions.given_audience is not null then 'given'
        when not interactions.is_of_brand and parties.audience = 'employees' then 'identity'
        when conversations.audience is not null then 'thread'
        when parties.audience is not null then 'identity'
        when parents.audience is not null then 'parent'
        when threads.audience is not null then 'thread'
        when posts.audience is not null then 'post'
        when profiles.default_audience is not null then 'profile'
        else 'none'
    end as audience_method,
    coalesce(parties.account_id, parents.account_id, threads.account_id) as account_id,
    interactions.post_id,
    interactions.parent_id,
    interactions.thread_id,
    interactions.room_id,
    interactions.team,
    interactions.needs_reply,
    interactions.is_question,
    coalesce(interactions.is_bot, false) or automatic_answers.interaction_no is not null as is_bot,
    coalesce(interactions.is_incentivised, false) as is_incentivised,
    coalesce(interactions.is_deleted, false) as is_deleted,
    interactions.text,
    interactions.language,
    case
        when
            coalesce(sentiment_choices.is_allowed, {{ (var('consent_default')['sentiment'] == 'allow') | lower }} or interactions.is_of_brand)
            then interactions.sentiment
    end as sentiment,
    interactions.source
from {{ placed_interactions }}
left join sentiment_choices
    on interactions.platform = sentiment_choices.platform and interactions.actor_key = sentiment_choices.actor_key
-- what is asked of the rows of the brand alone: NULL on all others meets nothing
left join parents
    on case when interactions.is_of_brand then interactions.parent_no end = parents.interaction_no
left join threads
    on case when interactions.is_of_brand then interactions.thread_no end = threads.thread_no
left join automatic_answers
    on case when interactions.is_of_brand then interactions.interaction_no end = automatic_answers.interaction_no

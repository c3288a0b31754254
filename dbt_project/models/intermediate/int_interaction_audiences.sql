with interactions as (
    select
        *,
        case when audience in ('employees', 'public', 'clients', 'suppliers') then audience end as given_audience
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

rules as (
    {{ thread_precedence() | indent(4) }}
),

-- of several addressees the one whose audience comes first
parties as (
    select
        platform,
        interaction_id,
        {{ first_by('audience', 'precedence') }} as audience,
        {{ first_by('account_id', 'coalesce(precedence, 9)') }} as account_id
    from {{ ref('int_interaction_parties') }}
    group by platform, interaction_id
),

settings as (
    select
        interactions.platform,
        interactions.interaction_id,
        interactions.thread_id,
        interactions.parent_id,
        coalesce(interactions.is_brand, false) as is_brand,
        interactions.given_audience,
        conversations.audience as thread_audience,
        parties.audience as party_audience,
        parties.account_id,
        coalesce(interactions.profile_id, posts.profile_id) as profile_id,
        posts.audience as post_audience,
        profiles.default_audience
    from interactions
    left join conversations
        on interactions.platform = conversations.platform and interactions.thread_id = conversations.thread_id
    left join posts
        on interactions.platform = posts.platform and interactions.post_id = posts.post_id
    left join profiles
        on interactions.platform = profiles.platform and coalesce(interactions.profile_id, posts.profile_id) = profiles.profile_id
    left join parties
        on interactions.platform = parties.platform and interactions.interaction_id = parties.interaction_id
),

-- an employee is one in any thread; between the others the thread's purpose decides
inbound as (
    select
        *,
        case
            when given_audience is not null then 'given'
            when party_audience = 'employees' then 'identity'
            when thread_audience is not null then 'thread'
            when party_audience is not null then 'identity'
            when post_audience is not null then 'post'
            when default_audience is not null then 'profile'
            else 'none'
        end as audience_method,
        coalesce(
            given_audience,
            case when party_audience = 'employees' then party_audience end,
            thread_audience,
            party_audience,
            post_audience,
            default_audience,
            'unknown'
        ) as audience
    from settings
    where not is_brand
),

-- whom a thread is with, told from who writes in it; a colleague who joins in does not make it an internal one
threads as (
    select
        inbound.platform,
        inbound.thread_id,
        {{ first_by('inbound.audience', 'rules.precedence') }} as audience,
        {{ first_by('inbound.account_id', 'rules.precedence') }} as account_id
    from inbound
    inner join rules on inbound.audience = rules.audience
    where inbound.thread_id is not null and inbound.audience_method in ('given', 'identity')
    group by inbound.platform, inbound.thread_id
),

outbound as (
    select
        settings.*,
        parents.audience as parent_audience,
        parents.account_id as parent_account_id,
        threads.audience as met_audience,
        threads.account_id as met_account_id
    from settings
    left join inbound as parents
        on settings.platform = parents.platform and settings.parent_id = parents.interaction_id
    left join threads
        on settings.platform = threads.platform and settings.thread_id = threads.thread_id
    where settings.is_brand
),

decided as (
    select platform, interaction_id, audience, audience_method, account_id, profile_id
    from inbound
    union all
    select
        platform,
        interaction_id,
        coalesce(
            given_audience, thread_audience, party_audience, parent_audience, met_audience, post_audience, default_audience, 'unknown'
        ) as audience,
        case
            when given_audience is not null then 'given'
            when thread_audience is not null then 'thread'
            when party_audience is not null then 'identity'
            when parent_audience is not null then 'parent'
            when met_audience is not null then 'thread'
            when post_audience is not null then 'post'
            when default_audience is not null then 'profile'
            else 'none'
        end as audience_method,
        coalesce(account_id, parent_account_id, met_account_id) as account_id,
        profile_id
    from outbound
)

select
    interactions.platform,
    interactions.interaction_id,
    interactions.occurred_at,
    {{ reporting_date('interactions.occurred_at') }} as date,
    {{ reporting_month('interactions.occurred_at') }} as month,
    interactions.kind,
    interactions.actor_key,
    coalesce(interactions.is_brand, false) as is_brand,
    interactions.addressee_key,
    decided.profile_id,
    decided.audience,
    decided.audience_method,
    decided.account_id,
    interactions.post_id,
    interactions.parent_id,
    interactions.thread_id,
    interactions.room_id,
    interactions.team,
    interactions.needs_reply,
    interactions.is_question,
    coalesce(interactions.is_bot, false) as is_bot,
    coalesce(interactions.is_incentivised, false) as is_incentivised,
    coalesce(interactions.is_deleted, false) as is_deleted,
    interactions.text,
    interactions.language,
    interactions.sentiment,
    interactions.source
from interactions
inner join decided
    on interactions.platform = decided.platform and interactions.interaction_id = decided.interaction_id

-- All that was said passes through once: what it meets here is as narrow as it can be, because a join that does not fit takes all columns to the disk.
{# An employee is one in any thread; between the others the thread's purpose decides. -#}
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
{%- endset -%}
with {{ audiences_told() }},

-- the mood of what they write is not read where they have said no
sentiment_choices as (
    select * from {{ ref('int_sentiment_choices') }}
),

automatic_answers as (
    select * from {{ ref('int_automatic_answers') }}
),

-- what the brand answers
parents as (
    select * from {{ ref('int_answered_audiences') }}
),

threads as (
    select * from {{ ref('int_thread_audiences') }}
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
    interactions.text_no,
    interactions.language,
    case
        when
            coalesce(sentiment_choices.is_allowed, {{ (var('consent_default')['sentiment'] == 'allow') | lower }} or interactions.is_of_brand)
            then interactions.sentiment
    end as sentiment,
    interactions.source
from interactions
{{ join_audiences_told() }}
left join sentiment_choices
    on interactions.platform = sentiment_choices.platform and interactions.actor_key = sentiment_choices.actor_key
-- what is asked of the rows of the brand alone: NULL on all others meets nothing
left join parents
    on case when interactions.is_of_brand then interactions.interaction_no end = parents.interaction_no
left join threads
    on case when interactions.is_of_brand then interactions.thread_no end = threads.thread_no
left join automatic_answers
    on case when interactions.is_of_brand then interactions.interaction_no end = automatic_answers.interaction_no

with messages as (
    select
        *,
        case when not is_conversation then actor_key end as conversation_of,
        row_number() over (
            partition by platform, thread_key, case when not is_conversation then actor_key end
            order by occurred_at, message_id
        ) = 1 as is_opening
    from {{ ref('int_message_answers') }}
    where is_inbound
),

-- messages of one person with no answer between them are one request
bursts as (
    select
        'message_burst' as unit,
        platform,
        thread_key,
        actor_key,
        min(audience) as audience,
        min(case when needs_reply then occurred_at end) as asked_at,
        min(case when needs_reply then answered_at end) as answered_at,
        bool_and(is_deleted) as is_deleted,
        bool_or(is_needs_reply_given) as is_needs_reply_given,
        count(*) as messages
    from messages
    group by platform, thread_key, actor_key, previous_answer_at, reopenings
),

-- a conversation as a whole: answered by the first brand message to anyone in it; under a post each person begins one
opened as (
    select
        platform,
        thread_key,
        min(case when needs_reply then occurred_at end) as asked_at,
        min(case when needs_reply then coalesce(least(thread_answered_at, answered_at), thread_answered_at, answered_at) end) as answered_at,
        min(case when is_opening then actor_key end) as actor_key,
        min(case when is_opening then audience end) as audience,
        bool_and(is_deleted) as is_deleted,
        bool_or(is_needs_reply_given) as is_needs_reply_given,
        count(*) as messages
    from messages
    group by platform, thread_key, conversation_of
),

units as (
    select unit, platform, thread_key, actor_key, audience, asked_at, answered_at, is_deleted, is_needs_reply_given, messages
    from bursts
    union all
    select
        'conversation_first' as unit,
        platform,
        thread_key,
        actor_key,
        audience,
        asked_at,
        answered_at,
        is_deleted,
        is_needs_reply_given,
        messages
    from opened
)

select
    *,
    {{ reporting_month('asked_at') }} as month
from units
where asked_at is not null

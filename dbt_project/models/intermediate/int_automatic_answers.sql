-- Auto-responders do not always say that they are machines: one text to many people, most of the time within a minute.
with interactions as (
    select
        platform,
        interaction_id,
        occurred_at,
        actor_key,
        thread_id,
        parent_id,
        coalesce(is_brand, false) as is_brand,
        case when is_brand and not coalesce(is_bot, false) then text end as own_words
    from {{ ref('int_interactions') }}
),

own_messages as (
    select platform, interaction_id, occurred_at, thread_id, parent_id, {{ text_key('own_words') }} as text_key
    from interactions
    where own_words is not null
),

repeated_texts as (
    select text_key
    from own_messages
    where text_key is not null
    group by text_key
    having count(*) > {{ var('one_text_is_personal_up_to_people', 20) }}
),

repeated as (
    select own_messages.*
    from own_messages
    inner join repeated_texts on own_messages.text_key = repeated_texts.text_key
),

threads as (
    select distinct platform, thread_id
    from repeated
    where thread_id is not null
),

-- what the other side wrote last in the thread
preceded as (
    select
        interactions.platform,
        interactions.interaction_id,
        last_value(case when not interactions.is_brand then interactions.occurred_at end ignore nulls) over thread_order as asked_at,
        last_value(case when not interactions.is_brand then interactions.actor_key end ignore nulls) over thread_order as asker_key
    from interactions
    inner join threads on interactions.platform = threads.platform and interactions.thread_id = threads.thread_id
    window thread_order as (
        partition by interactions.platform, interactions.thread_id
        order by interactions.occurred_at, interactions.is_brand, interactions.interaction_id
        rows between unbounded preceding and current row
    )
),

parents as (
    select platform, interaction_id, occurred_at, actor_key
    from interactions
    where not is_brand
),

answers as (
    select
        repeated.platform,
        repeated.interaction_id,
        repeated.text_key,
        coalesce(parents.actor_key, preceded.asker_key) as asker_key,
        {{ microseconds_between('coalesce(parents.occurred_at, preceded.asked_at)', 'repeated.occurred_at') }} as after_microseconds,
        -- a source that gives days alone tells nothing about seconds
        repeated.occurred_at > cast(cast(repeated.occurred_at as date) as timestamp) as has_time_of_day
    from repeated
    left join parents on repeated.platform = parents.platform and repeated.parent_id = parents.interaction_id
    left join preceded on repeated.platform = preceded.platform and repeated.interaction_id = preceded.interaction_id
),

automatic_texts as (
    select text_key
    from answers
    where asker_key is not null
    group by text_key
    having
        count(distinct asker_key) > {{ var('one_text_is_personal_up_to_people', 20) }}
        and 2 * sum(case when has_time_of_day and after_microseconds <= {{ var('machine_answers_within_seconds', 60) }} * 1000000 then 1 else 0 end)
        > count(*)
)

select answers.platform, answers.interaction_id
from answers
inner join automatic_texts on answers.text_key = automatic_texts.text_key

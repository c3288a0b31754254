-- Auto-responders do not always say that they are machines: one text to many people, most of the time within a minute, or before they asked.
with interactions as not materialized (
    select * from {{ ref('int_interactions_numbered') }}
),

own_messages as not materialized (
    select * from interactions
    where is_brand and not is_bot and text_no is not null
),

repeated_texts as (
    select text_no
    from own_messages
    group by text_no
    having count(*) > {{ var('one_text_is_personal_up_to_people', 20) }}
),

repeated as (
    select own_messages.interaction_no, own_messages.parent_no, own_messages.thread_no, own_messages.occurred_at, own_messages.text_no
    from own_messages
    inner join repeated_texts on own_messages.text_no = repeated_texts.text_no
),

threads as (
    select distinct thread_no
    from repeated
    where thread_no is not null
),

-- what the other side wrote last in the thread, and what it wrote then
preceded as (
    select
        interactions.interaction_no,
        last_value(case when not interactions.is_brand then interactions.occurred_at end ignore nulls) over thread_order as asked_at,
        last_value(case when not interactions.is_brand then interactions.actor_no end ignore nulls) over thread_order as asker_no,
        lead(case when not interactions.is_brand then interactions.occurred_at end ignore nulls) over thread_order as next_at,
        lead(case when not interactions.is_brand then interactions.actor_no end ignore nulls) over thread_order as next_no
    from interactions
    inner join threads on interactions.thread_no = threads.thread_no
    window thread_order as (
        partition by interactions.thread_no
        order by interactions.occurred_at, interactions.is_brand, interactions.interaction_no
        rows between unbounded preceding and current row
    )
),

parents as (
    select interaction_no, occurred_at, actor_no
    from interactions
    where not is_brand
),

answers as (
    select
        repeated.interaction_no,
        repeated.text_no,
        coalesce(parents.actor_no, preceded.asker_no, preceded.next_no) as asker_no,
        case
            when coalesce(parents.actor_no, preceded.asker_no) is not null
                then
                    coalesce(parents.occurred_at, preceded.asked_at) + interval {{ var('machine_answers_within_seconds', 60) }} second
                    >= repeated.occurred_at
            -- what opens a thread greets whoever asks next
            else preceded.next_at <= repeated.occurred_at + {{ greeted_before() }}
        end as is_at_once,
        -- a source that gives days alone tells nothing about seconds
        repeated.occurred_at > cast(cast(repeated.occurred_at as date) as timestamp) as has_time_of_day
    from repeated
    left join parents on repeated.parent_no = parents.interaction_no
    left join preceded on repeated.interaction_no = preceded.interaction_no
),

automatic_texts as (
    select text_no
    from answers
    where asker_no is not null
    group by text_no
    having
        count(distinct asker_no) > {{ var('one_text_is_personal_up_to_people', 20) }}
        and 2 * sum(case when has_time_of_day and is_at_once then 1 else 0 end) > count(*)
)

select answers.interaction_no
from answers
inner join automatic_texts on answers.text_no = automatic_texts.text_no

{{ config(materialized='in_parts', rows_of='int_message_answers') }}

with messages as (
    select
        *,
        case when not is_conversation then actor_no end as conversation_of,
        row_number() over (
            partition by thread_no, case when not is_conversation then actor_no end
            order by occurred_at, message_no
        ) = 1 as is_opening
    from {{ ref('int_message_answers') }}
    where is_inbound and {{ in_part('thread_no') }}
),

-- messages of one person with no answer between them are one request
bursts as (
    select
        'message_burst' as unit,
        thread_no,
        actor_no,
        min(cell_no) as cell_no,
        min(kind) as kind,
        min(case when needs_reply then occurred_at end) as asked_at,
        min(case when needs_reply then answered_at end) as answered_at,
        bool_and(is_deleted) as is_deleted
    from messages
    group by thread_no, actor_no, previous_answer_at, reopenings
),

-- a conversation as a whole: answered by the first brand message to anyone in it; under a post each person begins one
opened as (
    select
        thread_no,
        conversation_of,
        min(case when needs_reply then occurred_at end) as asked_at,
        min(case when needs_reply then coalesce(least(thread_answered_at, answered_at), thread_answered_at, answered_at) end) as answered_at,
        min(case when is_opening then actor_no end) as actor_no,
        min(case when is_opening then cell_no end) as cell_no,
        min(case when is_opening then kind end) as kind,
        bool_and(is_deleted) as is_deleted
    from messages
    group by thread_no, conversation_of
),

units as (
    select unit, thread_no, actor_no, cast(null as {{ number_type() }}) as conversation_of, cell_no, kind, asked_at, answered_at, is_deleted
    from bursts
    union all
    select
        'conversation_first' as unit,
        thread_no,
        actor_no,
        conversation_of,
        cell_no,
        kind,
        asked_at,
        answered_at,
        is_deleted
    from opened
),

days as (
    select * from {{ ref('int_working_days') }}
),

-- the queue's team decides what its working hours are
teams as (
    select distinct team from days
),

queues as (
    select cells.cell_no, coalesce(teams.team, '*') as working_team
    from {{ ref('int_message_cells') }} as cells
    left join teams on cells.team = teams.team
)

select
    units.*,
    {{ reporting_month('units.asked_at') }} as month,
    queues.working_team,
    {{ worked_until('units.asked_at', 'days') }} as worked_until_asked,
    {{ worked_until('units.answered_at', 'answer_days') }} as worked_until_answered
from units
inner join queues on units.cell_no = queues.cell_no
left join days on queues.working_team = days.team and cast(units.asked_at as date) = days.date
left join days as answer_days on queues.working_team = answer_days.team and cast(units.answered_at as date) = answer_days.date
where units.asked_at is not null

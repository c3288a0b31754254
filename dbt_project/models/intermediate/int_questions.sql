-- what colleagues ask where others can read it
with messages as (
    select * from {{ ref('int_interaction_audiences') }}
    where audience = 'employees' and kind in ('comment', 'reply', 'mention', 'message') and not is_bot
),

actor_persons as (
    select * from {{ ref('int_actor_persons') }}
),

memberships as (
    select * from {{ ref('int_memberships') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

said as (
    select
        messages.platform,
        messages.interaction_id,
        messages.occurred_at,
        messages.month,
        messages.room_id,
        messages.thread_id,
        messages.parent_id,
        coalesce(actor_persons.person_key, messages.actor_key) as person_key,
        -- a sign at the end of a sentence tells a question from a link that holds one
        coalesce(messages.is_question, {{ matches('messages.text', "'[?](\\s|$)'") }}, false) as is_question
    from messages
    left join actor_persons on messages.platform = actor_persons.platform and messages.actor_key = actor_persons.actor_key
),

with_team as (
    select
        said.platform,
        said.interaction_id,
        min(memberships.team) as team
    from said
    inner join memberships
        on said.person_key = memberships.person_key
        and said.occurred_at >= memberships.valid_from
        and coalesce(said.occurred_at < memberships.valid_to, true)
    group by said.platform, said.interaction_id
),

placed as (
    select said.*, with_team.team
    from said
    left join with_team on said.platform = with_team.platform and said.interaction_id = with_team.interaction_id
),

questions as (
    select placed.*
    from placed
    cross join clock
    where placed.is_question and placed.occurred_at + interval 24 hour <= clock.as_of
),

-- whoever else wrote in the thread, or answered the message, within a day
answers as (
    select questions.platform, questions.interaction_id, questions.team, placed.team as answering_team
    from questions
    inner join placed on questions.platform = placed.platform and questions.thread_id = placed.thread_id
    where
        placed.person_key <> questions.person_key
        and placed.occurred_at > questions.occurred_at
        and placed.occurred_at <= questions.occurred_at + interval 24 hour
    union all
    select questions.platform, questions.interaction_id, questions.team, placed.team as answering_team
    from questions
    inner join placed on questions.platform = placed.platform and questions.interaction_id = placed.parent_id
    where
        placed.person_key <> questions.person_key
        and placed.occurred_at > questions.occurred_at
        and placed.occurred_at <= questions.occurred_at + interval 24 hour
),

answered as (
    select platform, interaction_id, bool_or(coalesce(answering_team <> team, false)) as is_by_another_team
    from answers
    group by platform, interaction_id
)

select
    questions.platform,
    questions.interaction_id,
    questions.month,
    questions.person_key,
    questions.team,
    answered.interaction_id is not null as is_answered,
    coalesce(answered.is_by_another_team, false) as is_answered_by_another_team
from questions
left join answered on questions.platform = answered.platform and questions.interaction_id = answered.interaction_id

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
        messages.thread_id,
        messages.parent_id,
        messages.team,
        coalesce(actor_persons.person_key, messages.actor_key) as person_key,
        -- a sign at the end of a sentence tells a question from a link that holds one
        coalesce(messages.is_question, {{ matches('messages.text', "'[?](\\s|$)'") }}, false) as is_question
    from messages
    left join actor_persons on messages.platform = actor_persons.platform and messages.actor_key = actor_persons.actor_key
),

questions as (
    select said.*
    from said
    cross join clock
    where said.is_question and said.occurred_at + interval 24 hour <= clock.as_of
),

-- whoever else wrote in the thread, or answered the message, within a day
answers as (
    {% for condition in ['questions.thread_id = said.thread_id', 'questions.interaction_id = said.parent_id'] -%}
    select
        questions.platform,
        questions.interaction_id,
        said.interaction_id as answer_id,
        said.person_key,
        said.team,
        said.occurred_at
    from questions
    inner join said on questions.platform = said.platform and {{ condition }}
    where
        said.person_key <> questions.person_key
        and said.occurred_at > questions.occurred_at
        and said.occurred_at <= questions.occurred_at + interval 24 hour
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- by the memberships of the day, else by what the source said of the sender
{% for teams, of in [('asking_teams', 'questions'), ('answering_teams', 'answers')] -%}
{{ teams }} as (
    select distinct
        {{ of }}.platform,
        {{ of }}.interaction_id,
        {{ 'answers.answer_id,' if of == 'answers' }}
        coalesce(memberships.team, {{ of }}.team) as team
    from {{ of }}
    left join memberships
        on {{ of }}.person_key = memberships.person_key
        and {{ of }}.occurred_at >= memberships.valid_from
        and coalesce({{ of }}.occurred_at < memberships.valid_to, true)
    where coalesce(memberships.team, {{ of }}.team) is not null
),

{% endfor -%}
asked_in as (
    select platform, interaction_id, list(team order by team) as teams
    from asking_teams
    group by platform, interaction_id
),

-- of whoever answers and is in a team: whether it is one of the asker's, too
helpers as (
    select
        answering_teams.platform,
        answering_teams.interaction_id,
        answering_teams.answer_id,
        count(asking_teams.team) > 0 as shares_a_team
    from answering_teams
    left join asking_teams
        on answering_teams.platform = asking_teams.platform
        and answering_teams.interaction_id = asking_teams.interaction_id
        and answering_teams.team = asking_teams.team
    group by answering_teams.platform, answering_teams.interaction_id, answering_teams.answer_id
),

answered as (
    select
        answers.platform,
        answers.interaction_id,
        bool_or(not helpers.shares_a_team) as is_by_another_team,
        count(*) = count(helpers.answer_id) as are_all_in_a_team
    from answers
    left join helpers
        on answers.platform = helpers.platform and answers.interaction_id = helpers.interaction_id and answers.answer_id = helpers.answer_id
    group by answers.platform, answers.interaction_id
)

select
    questions.platform,
    questions.interaction_id,
    questions.month,
    questions.person_key,
    asked_in.teams,
    answered.interaction_id is not null as is_answered,
    -- unknown where the team of whoever asked is, or of somebody who answered while nobody of another team did
    case
        when asked_in.teams is null then null
        when answered.is_by_another_team then true
        when coalesce(answered.are_all_in_a_team, true) then false
    end as is_answered_by_another_team
from questions
left join asked_in on questions.platform = asked_in.platform and questions.interaction_id = asked_in.interaction_id
left join answered on questions.platform = answered.platform and questions.interaction_id = answered.interaction_id

-- what a person did in a period, once for each thing that it is cut by: colleagues who ask, and clients who say how satisfied they are
{% set period = 'period_kind, period_start' -%}
{% set counts = ['questions', 'answered', 'answered_by_another_team'] -%}
with questions as (
    select * from {{ ref('int_questions') }}
),

scores as (
    select * from {{ ref('int_survey_scores') }}
    where dimension = 'csat' and respondent_side = 'audience' and perspective = 'own' and answered_at is not null
),

asked as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'month') }} as period_start,
        platform,
        person_key,
        teams,
        count(*) as questions,
        sum(case when is_answered then 1 else 0 end) as answered,
        sum(case when is_answered_by_another_team then 1 else 0 end) as answered_by_another_team
    from questions
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- a question counts in each team of whoever asked
in_teams as (
    select {{ period }}, person_key, teams, unnest(teams) as team, {{ counts | join(', ') }}
    from asked
),

-- held against the others and the company, a team tells of those who are in no other one
apart as (
    select {{ period }}, team
    from in_teams
    where len(teams) = 1
    group by {{ period }}, team
    having count(distinct person_key) >= {{ k_people() }}
),

-- in how many of these teams somebody was: where it is one, they stand in the sum over teams as often as in the company
counted_in as (
    select in_teams.period_kind, in_teams.period_start, in_teams.teams, count(distinct in_teams.team) as teams_apart
    from in_teams
    inner join apart
        on in_teams.period_kind = apart.period_kind and in_teams.period_start is not distinct from apart.period_start and in_teams.team = apart.team
    group by in_teams.period_kind, in_teams.period_start, in_teams.teams
),

periods as (
    select distinct {{ period }} from apart
),

beside as (
    select asked.*
    from asked
    inner join periods
        on asked.period_kind = periods.period_kind and asked.period_start is not distinct from periods.period_start
    left join counted_in
        on
            asked.period_kind = counted_in.period_kind
            and asked.period_start is not distinct from counted_in.period_start
            and asked.teams = counted_in.teams
    where coalesce(counted_in.teams_apart, 0) <> 1
),

cut as (
    {% for relation, platform, dimension, value in [
        ('asked', "'all'", 'all', "'all'"), ('asked', 'platform', 'all', "'all'"), ('in_teams', "'all'", 'team', 'team'),
        ('beside', "'all'", 'team', "'" ~ beside_teams() ~ "'"),
    ] -%}
    select
        {{ period }},
        {{ platform if platform == 'platform' else platform ~ ' as platform' }},
        '{{ dimension }}' as dimension,
        {{ value }} as dimension_value,
        person_key,
        {% for count in counts -%}
        sum({{ count }}) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- 4 and 5 of 5
satisfied as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, reporting_month('answered_at')) }} as period_start,
        audience,
        respondent_key as person_key,
        sum(case when score >= 0.75 then 1 else 0 end) as x,
        count(*) as m
    from scores
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{% for indicator, x in [('peer_help_rate', 'answered'), ('peer_help_rate_other_team', 'answered_by_another_team')] -%}
select
    '{{ indicator }}' as indicator,
    cut.period_kind,
    cut.period_start,
    'employees' as audience,
    cut.platform,
    cut.dimension,
    cut.dimension_value,
    cut.person_key,
    cut.dimension <> 'team' or apart.team is not null or cut.dimension_value = '{{ beside_teams() }}' as is_apart,
    cast(cut.{{ x }} as bigint) as x,
    cast(cut.questions as bigint) as m
from cut
left join apart
    on cut.period_kind = apart.period_kind and cut.period_start is not distinct from apart.period_start and cut.dimension_value = apart.team
union all
{% endfor -%}
select
    'csat' as indicator,
    period_kind,
    period_start,
    audience,
    'all' as platform,
    'all' as dimension,
    'all' as dimension_value,
    person_key,
    true as is_apart,
    cast(x as bigint) as x,
    cast(m as bigint) as m
from satisfied

-- what a person did in a period, once for each thing that it is cut by: colleagues who ask, and clients who say how satisfied they are
{% set period = 'indicator, period_kind, period_start' -%}
{% set unmeasured = 'by another team or not is unknown' -%}
with asked_of_whom as (
    select * from {{ ref('int_questions') }}
),

-- what cannot be measured is what one indicator has and the other has not
questions as (
    {% for indicator, is_helped, condition in [
        ('peer_help_rate', 'is_answered', 'is_answered is not null'),
        ('peer_help_rate_other_team', 'is_answered_by_another_team', 'is_answered_by_another_team is not null'),
        (unmeasured, 'false', 'is_answered_by_another_team is null'),
    ] -%}
    select '{{ indicator }}' as indicator, platform, month, person_key, teams, {{ is_helped }} as is_helped
    from asked_of_whom
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

scores as (
    select * from {{ ref('int_survey_scores') }}
    where dimension = 'csat' and respondent_side = 'audience' and perspective = 'own' and answered_at is not null
),

asked as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        indicator,
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'month') }} as period_start,
        platform,
        person_key,
        teams,
        sum(case when is_helped then 1 else 0 end) as x,
        count(*) as m
    from questions
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- a question counts in each team of whoever asked
in_teams as (
    select {{ period }}, person_key, teams, unnest(teams) as team, x, m
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
    select in_teams.indicator, in_teams.period_kind, in_teams.period_start, in_teams.teams, count(distinct in_teams.team) as teams_apart
    from in_teams
    inner join apart
        on
            {{ in_the_same_period('in_teams', 'apart') | indent(12) }}
            and in_teams.team = apart.team
    group by in_teams.indicator, in_teams.period_kind, in_teams.period_start, in_teams.teams
),

periods as (
    select distinct {{ period }} from apart
),

beside as (
    select asked.*
    from asked
    inner join periods
        on
            {{ in_the_same_period('asked', 'periods') | indent(12) }}
    left join counted_in
        on
            {{ in_the_same_period('asked', 'counted_in') | indent(12) }}
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
        sum(x) as x,
        sum(m) as m
    from {{ relation }}
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

few_unmeasured as (
    select period_kind, period_start, platform, dimension, dimension_value
    from cut
    where indicator = '{{ unmeasured }}'
    group by period_kind, period_start, platform, dimension, dimension_value
    having count(*) < {{ k_people() }}
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

select
    cut.indicator,
    cut.period_kind,
    cut.period_start,
    'employees' as audience,
    cut.platform,
    cut.dimension,
    cut.dimension_value,
    cut.person_key,
    cut.dimension <> 'team' or apart.team is not null or cut.dimension_value = '{{ beside_teams() }}' as is_apart,
    cut.indicator = 'peer_help_rate_other_team' and few_unmeasured.platform is not null as leaves_few,
    cast(cut.x as bigint) as x,
    cast(cut.m as bigint) as m
from cut
left join apart
    on
        {{ in_the_same_period('cut', 'apart') | indent(8) }}
        and cut.dimension_value = apart.team
left join few_unmeasured
    on cut.period_kind = few_unmeasured.period_kind
    and cut.period_start is not distinct from few_unmeasured.period_start
    and cut.platform = few_unmeasured.platform
    and cut.dimension = few_unmeasured.dimension
    and cut.dimension_value = few_unmeasured.dimension_value
where cut.indicator <> '{{ unmeasured }}'
union all
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
    false as leaves_few,
    cast(x as bigint) as x,
    cast(m as bigint) as m
from satisfied

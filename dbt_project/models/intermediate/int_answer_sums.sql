-- colleagues who help each other, and clients who say that they are satisfied: both are shares whose clusters are people
{% set cell = 'indicator, period_kind, period_start, audience, platform, dimension, dimension_value' -%}
with questions as (
    select *, count(team) over () > 0 as is_team_named
    from {{ ref('int_questions') }}
),

scores as (
    select * from {{ ref('int_survey_scores') }}
    where dimension = 'csat' and respondent_side = 'audience' and perspective = 'own' and answered_at is not null
),

-- (month, what it is cut by, person, x)
observed as (
    {% for indicator, column in [('peer_help_rate', 'is_answered'), ('peer_help_rate_other_team', 'is_answered_by_another_team')] -%}
    {% for platform, dimension, value in [("'all'", 'all', "'all'"), ('platform', 'all', "'all'"), ("'all'", 'team', named('team'))] -%}
    select
        '{{ indicator }}' as indicator,
        month,
        'employees' as audience,
        {{ platform if platform == 'platform' else platform ~ ' as platform' }},
        '{{ dimension }}' as dimension,
        {{ value }} as dimension_value,
        person_key,
        case when {{ column }} then 1 else 0 end as x
    from questions
    {{ 'where is_team_named' if dimension == 'team' }}
    union all
    {% endfor -%}
    {% endfor -%}
    -- 4 and 5 of 5
    select
        'csat' as indicator,
        {{ reporting_month('answered_at') }} as month,
        audience,
        'all' as platform,
        'all' as dimension,
        'all' as dimension_value,
        respondent_key as person_key,
        case when score >= 0.75 then 1 else 0 end as x
    from scores
),

persons as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        indicator,
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'month') }} as period_start,
        audience,
        platform,
        dimension,
        dimension_value,
        person_key,
        sum(x) as x,
        count(*) as m
    from observed
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    {{ cell }},
    cast(sum(x) as bigint) as numerator,
    cast(sum(m) as bigint) as denominator,
    cast(count(*) as bigint) as clusters,
    cast(sum(x * x) as bigint) as sum_xx,
    cast(sum(x * m) as bigint) as sum_xm,
    cast(sum(m * m) as bigint) as sum_mm
from persons
group by {{ cell }}

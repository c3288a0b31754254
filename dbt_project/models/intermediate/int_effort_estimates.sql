-- how easy people found it, 1 to 7
with scores as (
    select * from {{ ref('int_survey_scores') }}
    where dimension = 'ces' and respondent_side = 'audience' and perspective = 'own' and answered_at is not null
),

periods as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, reporting_month('answered_at')) }} as period_start,
        audience,
        respondent_key,
        score
    from scores
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- one number a person
people as (
    select
        period_kind,
        period_start,
        audience,
        respondent_key,
        count(*) as answers,
        cast(sum(score) / count(*) as decimal(18, 12)) as score
    from periods
    group by period_kind, period_start, audience, respondent_key
),

summed as (
    select
        period_kind,
        period_start,
        audience,
        sum(answers) as n,
        count(*) as clusters,
        cast(sum(score) as double) / count(*) as mean,
        {{ exact_variance('score') }} as variance
    from people
    group by period_kind, period_start, audience
)

select
    'ces' as indicator,
    period_kind,
    period_start,
    audience,
    'all' as platform,
    'all' as dimension,
    'all' as dimension_value,
    'points, 1 to 7' as unit,
    n,
    clusters,
    1 + 6 * mean as value,
    greatest(1.0, 1 + 6 * (mean - {{ t_quantile('(clusters - 1)') }} * {{ root('variance') }} / sqrt(clusters))) as lo,
    least(7.0, 1 + 6 * (mean + {{ t_quantile('(clusters - 1)') }} * {{ root('variance') }} / sqrt(clusters))) as hi,
    't over people' as method
from summed

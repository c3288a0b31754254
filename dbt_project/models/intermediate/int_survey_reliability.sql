with scores as (
    select * from {{ ref('int_survey_scores') }}
    where respondent_side = 'audience' and perspective = 'own'
),

respondents as (
    select * from {{ ref('int_survey_respondents') }}
    where respondent_side = 'audience' and perspective = 'own'
),

questionnaires as (
    select wave, audience, dimension, count(distinct item) as items
    from scores
    group by wave, audience, dimension
),

-- complete cases only
complete as (
    select respondents.*
    from respondents
    inner join questionnaires
        on respondents.wave = questionnaires.wave
        and respondents.audience = questionnaires.audience
        and respondents.dimension = questionnaires.dimension
        and respondents.items = questionnaires.items
    where questionnaires.items > 1
),

item_variances as (
    select
        scores.wave,
        scores.audience,
        scores.dimension,
        scores.item,
        {{ exact_variance('scores.score') }} as variance
    from scores
    inner join complete
        on scores.wave = complete.wave
        and scores.audience = complete.audience
        and scores.dimension = complete.dimension
        and scores.respondent_key = complete.respondent_key
    group by scores.wave, scores.audience, scores.dimension, scores.item
),

items as (
    select
        wave,
        audience,
        dimension,
        count(*) as items,
        sum(cast(variance as decimal(18, 12))) as variances
    from item_variances
    group by wave, audience, dimension
),

totals as (
    select
        wave,
        audience,
        dimension,
        count(*) as n,
        {{ exact_variance('cast(score_sum as decimal(18, 12))') }} as variance
    from complete
    group by wave, audience, dimension
)

select
    totals.wave,
    totals.audience,
    totals.dimension,
    items.items,
    totals.n,
    case
        when totals.n > 1 and totals.variance > 0
            then items.items / (items.items - 1.0) * (1 - cast(items.variances as double) / totals.variance)
    end as alpha
from totals
inner join items
    on totals.wave = items.wave and totals.audience = items.audience and totals.dimension = items.dimension

with scores as (
    select * from {{ ref('int_survey_scores') }}
)

select
    wave,
    audience,
    dimension,
    respondent_side,
    perspective,
    respondent_key,
    count(*) as items,
    sum(score) as score_sum,
    -- the mean of the items answered
    cast(cast(sum(score) as double) / count(*) as decimal(18, 12)) as score,
    max(answered_at) as answered_at
from scores
group by wave, audience, dimension, respondent_side, perspective, respondent_key

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
    -- of 0 to 10, 9 and 10 promote and 0 to 6 detract; of 1 to 5, 4 and 5 are satisfied
    sum(case when score >= 0.9 then 1 else 0 end) as promoters,
    sum(case when score <= 0.6 then 1 else 0 end) as detractors,
    sum(case when score >= 0.75 then 1 else 0 end) as satisfied,
    max(answered_at) as answered_at
from scores
group by wave, audience, dimension, respondent_side, perspective, respondent_key

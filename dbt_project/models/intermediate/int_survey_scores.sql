with answers as (
    select * from {{ ref('int_surveys') }}
)

-- between 0 and 1 and the right way round, exact, so that sums do not depend on their order
select
    wave,
    audience,
    respondent_key,
    item,
    coalesce(dimension, 'other') as dimension,
    coalesce(respondent_side, 'audience') as respondent_side,
    coalesce(perspective, 'own') as perspective,
    cast(
        case when is_reversed then scale_max - score else score - scale_min end / (scale_max - scale_min) as decimal(18, 12)
    ) as score,
    answered_at
from answers
where scale_max > scale_min and score between scale_min and scale_max

with answers as (
    select given.*
    from {{ ref('int_surveys') }} as given
    where {{ is_allowed('survey', 'given.respondent_key', 'cast(null as text)') | indent(4) }}
)

-- between 0 and 1 and the right way round, exact, so that sums do not depend on their order
select
    wave,
    audience,
    respondent_key,
    item,
    coalesce(dimension, {{ dimension_of_item('item') }}, 'unnamed') as dimension,
    coalesce(respondent_side, 'audience') as respondent_side,
    coalesce(perspective, 'own') as perspective,
    cast(
        case
            -- 9 and 10 promote also where the lowest answer was 1
            when coalesce(dimension, {{ dimension_of_item('item') }}) = 'nps' and scale_max = 10 and not coalesce(is_reversed, false) then score / 10
            when is_reversed then (scale_max - score) / (scale_max - scale_min)
            else (score - scale_min) / (scale_max - scale_min)
        end as decimal(18, 12)
    ) as score,
    answered_at
from answers
where scale_max > scale_min and score between scale_min and scale_max

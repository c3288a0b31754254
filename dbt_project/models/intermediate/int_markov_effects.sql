with effects as (
    {{ markov_effects(ref('int_markov_transitions')) }}
)

select
    chain_id,
    channel,
    {{ published_double('removal_effect') }} as removal_effect,
    {{ published_double('p_conversion') }} as p_conversion,
    {{ published_double('p_conversion_empirical') }} as p_conversion_empirical,
    journeys,
    -- whole numbers that money and credit are split by
    coalesce(cast(round(1e12 * {{ published_double('removal_effect') }}) as bigint), 0) as weight
from effects

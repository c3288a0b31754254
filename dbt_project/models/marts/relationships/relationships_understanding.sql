with told as (
    select * from {{ ref('int_understanding_told') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ waves_in_order('told', ['audience', 'dimension', 'measure', 'side'], ['value', 'lo', 'hi']) }}

select
    wave,
    audience,
    dimension,
    measure,
    side,
    n_first,
    n_second,
    {{ published_double('value') }} as value,
    {{ published_double('lo') }} as lo,
    {{ published_double('hi') }} as hi,
    method,
    {{ change_since_wave_before() }},
    last_answer_on,
    wave_on,
    counted_on,
    suppressed_reason,
    clock.is_demo
from with_previous
cross join clock

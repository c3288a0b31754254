with told as (
    select * from {{ ref('int_understanding_told') }}
),

clock as (
    select * from {{ ref('int_clock') }}
)

select
    told.wave,
    told.audience,
    told.dimension,
    told.measure,
    told.side,
    told.n_first,
    told.n_second,
    {{ published_double('told.value') }} as value,
    {{ published_double('told.lo') }} as lo,
    {{ published_double('told.hi') }} as hi,
    told.method,
    told.last_answer_on,
    told.wave_on,
    told.counted_on,
    told.suppressed_reason,
    clock.is_demo
from told
cross join clock

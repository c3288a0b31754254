with shown as (
    select * from {{ ref('int_surveys_told') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

with_previous as (
    select
        *,
        lag(value) over wave_order as value_before,
        lag(lo) over wave_order as lo_before,
        lag(hi) over wave_order as hi_before
    from shown
    window wave_order as (partition by audience, measure order by wave_on, wave)
)

select
    wave,
    audience,
    measure,
    unit,
    n,
    invited,
    {{ ratio('n', 'invited') }} as response_rate,
    {{ published_double('value') }} as value,
    {{ published_double('lo') }} as lo,
    {{ published_double('hi') }} as hi,
    method,
    {{ published_double('alpha') }} as alpha,
    alpha_n,
    alpha < 0.7 as is_alpha_low,
    {{ published_double('(value - value_before)') }} as change,
    {{ published_double('(value - value_before - ' ~ newcombe_half_width('value - lo', 'hi_before - value_before', 0) ~ ')') }} as change_lo,
    {{ published_double('(value - value_before + ' ~ newcombe_half_width('hi - value', 'value_before - lo_before', 0) ~ ')') }} as change_hi,
    first_answer_on,
    last_answer_on,
    wave_on,
    counted_on,
    suppressed_reason,
    clock.is_demo
from with_previous
cross join clock

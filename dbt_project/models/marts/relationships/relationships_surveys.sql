with shown as (
    select * from {{ ref('int_surveys_told') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ waves_in_order('shown', ['audience', 'measure'], ['value', 'lo', 'hi']) }}

select
    wave,
    audience,
    measure,
    unit,
    n,
    answers,
    invited,
    -- more answers than invitations: these are not all known
    case when n <= invited then {{ ratio('n', 'invited') }} end as response_rate,
    {{ published_double('value') }} as value,
    {{ published_double('lo') }} as lo,
    {{ published_double('hi') }} as hi,
    method,
    {{ published_double('alpha') }} as alpha,
    alpha_n,
    alpha < 0.7 as is_alpha_low,
    {{ change_since_wave_before() }},
    first_answer_on,
    last_answer_on,
    wave_on,
    counted_on,
    suppressed_reason,
    clock.is_demo
from with_previous
cross join clock

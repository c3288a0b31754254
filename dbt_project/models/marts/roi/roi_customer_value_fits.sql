{{ config(tags=['estimated']) }}

with fits as (
    {{ estimates('est_bg_nbd', {'parameter': 'text', 'value': 'double', 'log_likelihood': 'double', 'customers': 'bigint', 'reason': 'text'}) }}
),

final as (
    select
        'bg_nbd' as model,
        fits.parameter,
        {{ published_double('fits.value') }} as value,
        {{ published_double('fits.log_likelihood') }} as log_likelihood,
        fits.customers as n,
        'maximum likelihood, times in weeks' as method,
        fits.reason as suppressed_reason,
        clock.is_demo
    from fits
    cross join {{ ref('int_clock') }} as clock
)

select * from final

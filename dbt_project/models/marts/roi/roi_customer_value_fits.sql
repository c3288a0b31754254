{{ config(tags=['estimated']) }}

with fits as (
    {{ estimates('est_customer_fits', {
        'model': 'text', 'parameter': 'text', 'cut': 'text', 'cut_value': 'text', 'value': 'double', 'lo': 'double', 'hi': 'double',
        'log_likelihood': 'double', 'customers': 'bigint', 'method': 'text', 'reason': 'text'
    }) }}
),

final as (
    select
        fits.model,
        fits.parameter,
        fits.cut,
        fits.cut_value,
        {{ published_double('fits.value') }} as value,
        {{ published_double('fits.lo') }} as lo,
        {{ published_double('fits.hi') }} as hi,
        {{ published_double('fits.log_likelihood') }} as log_likelihood,
        fits.customers as n,
        fits.method,
        fits.reason as suppressed_reason,
        clock.is_demo
    from fits
    cross join {{ ref('int_clock') }} as clock
)

select * from final

with rates as (
    select currency, date as rate_date, rate_to_reporting
    from {{ ref('int_exchange_rates') }}
),

-- a rate serves its own day and the 7 days after it
served as (
    select
        currency,
        rate_date,
        rate_to_reporting,
        {{ days_between('rate_date', 'rate_date + interval 7 day') }} as date
    from rates
),

ranked as (
    select
        *,
        row_number() over (partition by currency, date order by rate_date desc) as nearness
    from served
)

select currency, date, rate_to_reporting, rate_date
from ranked
where nearness = 1

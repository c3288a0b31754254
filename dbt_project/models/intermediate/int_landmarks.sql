with clock as (
    select * from {{ ref('int_clock') }}
),

starts as (
    select {{ reporting_date('started_at') }} as date from {{ ref('int_subscriptions') }}
    union all
    select date from {{ ref('int_purchases') }}
),

-- a client has to be one for the whole of the exposure before he can count
spans as (
    select min(starts.date) + interval {{ exposure_days() }} day as first_date
    from starts
    cross join clock
    where starts.date <= clock.as_of_date
),

quarters as (
    select {{ quarters_between('spans.first_date', 'clock.as_of_date') }} as landmark
    from spans
    cross join clock
    where spans.first_date <= clock.as_of_date
)

select
    quarters.landmark,
    cast(quarters.landmark - interval {{ 2 * exposure_days() }} day as date) as before_date,
    cast(quarters.landmark - interval {{ exposure_days() }} day as date) as exposure_date,
    cast(quarters.landmark + interval {{ horizon_days() }} day as date) as outcome_date,
    quarters.landmark + interval {{ horizon_days() }} day <= clock.as_of_date as is_mature
from quarters
cross join clock
where quarters.landmark >= (select first_date from spans)

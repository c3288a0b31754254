-- The weekly export holds every cost, touch and booking up to its last week once, and no week is missing.
with last_weeks as (
    select max(week) + 6 as last_day, min(week) as first_week from {{ ref('roi_mmm_weeks') }}
),

exported as (
    select
        (select case when count(*) = count(cost) then sum(cost) end from {{ ref('roi_mmm_weeks') }}) as cost,
        (select sum(touches) from {{ ref('roi_mmm_weeks') }}) as touches,
        (select sum(company_bookings) from (select distinct week, company_bookings from {{ ref('roi_mmm_weeks') }}) as weeks) as bookings,
        (select count(distinct week) from {{ ref('roi_mmm_weeks') }}) as weeks
),

given as (
    select
        (select sum(amount_reporting) from {{ ref('int_cost_days') }} where date <= last_weeks.last_day) as cost,
        (select count(*) from {{ ref('int_touch_channels') }} where date <= last_weeks.last_day) as touches,
        (select count(*) from {{ ref('int_revenue_resolved') }} where kind in ('order', 'invoice') and date <= last_weeks.last_day) as bookings,
        (last_weeks.last_day + 1 - last_weeks.first_week) // 7 as weeks
    from last_weeks
    where last_weeks.first_week is not null
)

select exported.*
from exported
cross join given
where exported.cost <> coalesce(given.cost, 0)
    or exported.touches <> given.touches
    or exported.bookings <> given.bookings
    or exported.weeks <> given.weeks

{{ config(materialized='in_parts', rows_of='int_voices') }}

-- on each platform, and on all together
with voices as (
    select platform, audience, actor_no, date from {{ ref('int_voices') }}
    where actor_no is not null and {{ in_part('actor_no') }}
),

days as (
    select distinct platform, audience, actor_no, date
    from voices
    union all
    select distinct 'all' as platform, audience, actor_no, date
    from voices
)

select
    *,
    first_value(date) over in_order as first_date,
    lead(date) over in_order as next_date
from days
window in_order as (partition by platform, audience, actor_no order by date)

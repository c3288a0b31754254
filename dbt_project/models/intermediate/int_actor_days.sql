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

-- a regular who becomes a client is no newcomer, and whoever comes back does so in whichever audience
select
    *,
    first_value(date) over (partition by platform, actor_no order by date) as first_date,
    first_value(date) over (partition by platform, actor_no order by date groups between 1 following and 1 following) as next_date
from days

with clock as (
    select * from {{ ref('int_clock') }}
),

listed as (
    select * from {{ ref('channels') }}
),

used as (
    select channel from {{ ref('int_touch_channels') }}
    union
    select channel from {{ ref('int_cost_days') }}
    union
    select channel from {{ ref('int_campaigns') }} where channel is not null
    union
    select channel from {{ ref('int_opportunities_resolved') }} where channel is not null
    union
    select channel from {{ ref('int_experiments') }} where channel is not null
)

select
    coalesce(listed.channel, used.channel) as channel,
    coalesce(listed.name, used.channel) as name,
    listed.is_social,
    listed.is_paid,
    coalesce(listed.position, 1000) as position,
    listed.channel is not null as is_listed,
    used.channel is not null as is_used,
    clock.is_demo
from listed
full outer join used on listed.channel = used.channel
cross join clock

with clock as (
    select * from {{ ref('int_clock') }}
),

listed as (
    select * from {{ ref('int_profiles') }}
),

used as (
    select platform, profile_id from {{ ref('int_posts') }} where coalesce(is_brand, true)
    union
    select platform, profile_id from {{ ref('int_profile_metrics') }}
),

latest_metrics as (
    select
        platform,
        profile_id,
        max(observed_at) as observed_at,
        {{ latest('followers', 'observed_at') }} as followers
    from {{ ref('int_profile_metrics') }}
    group by platform, profile_id
)

select
    coalesce(listed.platform, used.platform) as platform,
    coalesce(listed.profile_id, used.profile_id) as profile_id,
    listed.name,
    listed.brand,
    listed.region,
    case when listed.profile_id is null then 'unknown' else coalesce(listed.default_audience, 'public') end as default_audience,
    latest_metrics.followers,
    latest_metrics.observed_at,
    listed.profile_id is not null as is_listed,
    clock.is_demo
from listed
full outer join used on listed.platform = used.platform and listed.profile_id = used.profile_id
left join latest_metrics
    on coalesce(listed.platform, used.platform) = latest_metrics.platform
    and coalesce(listed.profile_id, used.profile_id) = latest_metrics.profile_id
cross join clock

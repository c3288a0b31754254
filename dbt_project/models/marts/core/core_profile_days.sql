with clock as (
    select * from {{ ref('int_clock') }}
),

days as (
    select
        platform,
        profile_id,
        {{ reporting_date('observed_at') }} as date,
        max(observed_at) as observed_at,
        {{ latest('followers', 'observed_at') }} as followers,
        {{ latest('following', 'observed_at') }} as following,
        {{ latest('posts_total', 'observed_at') }} as posts_total,
        {{ latest('profile_views', 'observed_at') }} as profile_views
    from {{ ref('int_profile_metrics') }}
    group by platform, profile_id, {{ reporting_date('observed_at') }}
),

compared as (
    select
        *,
        lag(date) over by_day as earlier_date,
        last_value(followers ignore nulls) over before_day as earlier_followers
    from days
    window
        by_day as (partition by platform, profile_id order by date),
        before_day as (partition by platform, profile_id order by date rows between unbounded preceding and 1 preceding)
)

select
    compared.platform,
    compared.profile_id,
    compared.date,
    compared.observed_at,
    compared.followers,
    compared.followers - compared.earlier_followers as followers_delta,
    compared.following,
    compared.posts_total,
    compared.profile_views,
    cast(compared.date - compared.earlier_date as integer) as days_spanned,
    compared.earlier_date is null as is_baseline,
    {{ is_over('compared.date') }} as is_complete,
    clock.is_demo
from compared
cross join clock

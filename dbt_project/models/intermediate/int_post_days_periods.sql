with posts as (
    select
        platform,
        post_id,
        {{ row_hash(['platform', 'post_id', 'profile_id', 'posted_at']) }} as post_hash
    from {{ ref('int_posts') }}
    where coalesce(is_brand, true)
),

snapshots as (
    select
        platform,
        post_id,
        {{ reporting_month('observed_at') }} as period,
        count(*) as readings,
        sum({{ row_hash(['platform', 'post_id', 'observed_at'] + post_measures()) }}) as readings_hash
    from {{ ref('int_post_metrics') }}
    group by platform, post_id, {{ reporting_month('observed_at') }}
),

-- a day is compared with the reading before it, which may lie in an earlier month: so all of a post's past counts
with_past as (
    select
        snapshots.platform,
        snapshots.post_id,
        snapshots.period,
        posts.post_hash,
        sum(snapshots.readings) over up_to_here as readings,
        sum(snapshots.readings_hash) over up_to_here as readings_hash
    from snapshots
    inner join posts on snapshots.platform = posts.platform and snapshots.post_id = posts.post_id
    window up_to_here as (partition by snapshots.platform, snapshots.post_id order by snapshots.period)
),

-- whether a day is over depends on the clock while the month lasts
with_clock as (
    select
        with_past.*,
        clock.is_demo,
        least(clock.as_of_date, cast(with_past.period + interval 1 month as date)) as known_until
    from with_past
    cross join {{ ref('int_clock') }} as clock
)

select
    period,
    {{ fingerprint(row_hash(['post_hash', 'readings', 'readings_hash', 'known_until', 'is_demo'])) }} as fingerprint
from with_clock
group by period

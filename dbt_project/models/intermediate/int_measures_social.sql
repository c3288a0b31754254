with posts as (
    select * from {{ ref('core_posts') }}
),

post_days as (
    select * from {{ ref('core_post_days') }}
),

profiles as (
    select * from {{ ref('core_profiles') }}
),

profile_days as (
    select * from {{ ref('core_profile_days') }}
),

trust as (
    select * from {{ ref('board_data_trust') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- the company's row holds what is nobody's in particular too
posted as (
    select
        posts.*,
        case when sides.is_whole then 'company' else posts.audience end as side,
        kinds.period_kind,
        cast(date_trunc(kinds.period_kind, posts.date) as date) as period_start
    from posts
    cross join (values ('month'), ('quarter')) as kinds (period_kind)
    cross join (values (true), (false)) as sides (is_whole)
),

grown as (
    select
        post_days.*,
        case when sides.is_whole then 'company' else posts.audience end as side,
        kinds.period_kind,
        cast(date_trunc(kinds.period_kind, post_days.date) as date) as period_start
    from post_days
    inner join posts on post_days.platform = posts.platform and post_days.post_id = posts.post_id
    cross join (values ('month'), ('quarter')) as kinds (period_kind)
    cross join (values (true), (false)) as sides (is_whole)
),

read_days as (
    select
        profile_days.platform,
        profile_days.profile_id,
        profile_days.date,
        profile_days.followers,
        profile_days.followers_delta,
        case when sides.is_whole then 'company' else coalesce(profiles.default_audience, 'unknown') end as side,
        kinds.period_kind,
        cast(date_trunc(kinds.period_kind, profile_days.date) as date) as period_start
    from profile_days
    left join profiles on profile_days.platform = profiles.platform and profile_days.profile_id = profiles.profile_id
    cross join (values ('month'), ('quarter')) as kinds (period_kind)
    cross join (values (true), (false)) as sides (is_whole)
    where profile_days.followers is not null
),

-- what a profile had at the end of the period
read_profiles as (
    select
        platform,
        profile_id,
        side,
        period_kind,
        period_start,
        {{ latest('followers', 'date') }} as followers,
        sum(followers_delta) as followers_delta
    from read_days
    group by platform, profile_id, side, period_kind, period_start
),

first_readings as (
    select
        side,
        period_kind,
        min(period_start) as first_start
    from read_profiles
    group by platform, profile_id, side, period_kind
),

periods as (
    select distinct side, period_kind, period_start from read_profiles
),

-- with a profile left out the sum would fall for no reason
known_profiles as (
    select
        periods.side,
        periods.period_kind,
        periods.period_start,
        count(*) as profiles
    from periods
    inner join first_readings
        on periods.side = first_readings.side
        and periods.period_kind = first_readings.period_kind
        and periods.period_start >= first_readings.first_start
    group by periods.side, periods.period_kind, periods.period_start
),

followed as (
    select
        read_profiles.side,
        read_profiles.period_kind,
        read_profiles.period_start,
        count(*) as n,
        case when count(*) = max(known_profiles.profiles) then sum(read_profiles.followers) end as followers,
        case when count(*) = max(known_profiles.profiles) then sum(read_profiles.followers_delta) end as followers_delta
    from read_profiles
    inner join known_profiles
        on read_profiles.side = known_profiles.side
        and read_profiles.period_kind = known_profiles.period_kind
        and read_profiles.period_start = known_profiles.period_start
    group by read_profiles.side, read_profiles.period_kind, read_profiles.period_start
),

summed as (
    select
        'core.posts' as mart,
        'posts' as measure,
        side as audience,
        period_kind,
        period_start,
        count(*) as n,
        cast(count(*) as double) as value,
        cast(null as text) as missing_because
    from posted
    group by side, period_kind, period_start
    {% for measure in post_totals() -%}
    union all
    select
        'core.posts' as mart,
        '{{ measure }}' as measure,
        side as audience,
        period_kind,
        period_start,
        count({{ measure }}) as n,
        cast(sum({{ measure }}) as double) as value,
        'no platform gives it of these posts' as missing_because
    from posted
    group by side, period_kind, period_start
    {% endfor -%}
    {% for measure in additive_post_measures() -%}
    union all
    select
        'core.post_days' as mart,
        '{{ measure }}_delta' as measure,
        side as audience,
        period_kind,
        period_start,
        count({{ measure }}_delta) as n,
        cast(sum({{ measure }}_delta) as double) as value,
        'no platform gives it of these days' as missing_because
    from grown
    group by side, period_kind, period_start
    {% endfor -%}
    union all
    select
        'core.posts' as mart,
        'engagement_rate_by_impressions' as measure,
        side as audience,
        period_kind,
        period_start,
        count(*) filter (where engagements is not null and impressions is not null) as n,
        {{ ratio('sum(case when impressions is not null then engagements end)', 'sum(case when engagements is not null then impressions end)') }} as value,
        'no platform gives both numbers of these posts' as missing_because
    from posted
    group by side, period_kind, period_start
    {% for measure in ['followers', 'followers_delta'] -%}
    union all
    select
        'core.profile_days' as mart,
        '{{ measure }}' as measure,
        side as audience,
        period_kind,
        period_start,
        n,
        cast({{ measure }} as double) as value,
        '{{ 'not every profile was read in the period' if measure == 'followers' else 'not every profile was read twice' }}' as missing_because
    from followed
    {% endfor -%}
    {% for measure in counted_trust_measures() -%}
    union all
    select
        'board.data_trust' as mart,
        '{{ measure }}' as measure,
        'company' as audience,
        'day' as period_kind,
        date as period_start,
        count(*) as n,
        cast(sum({{ measure }}) as double) as value,
        cast(null as text) as missing_because
    from trust
    group by date
    {% endfor -%}
    {% for measure in counted_trust_measures() + shared_trust_measures() -%}
    union all
    select
        'board.data_trust' as mart,
        '{{ measure }}/' || source as measure,
        'company' as audience,
        'day' as period_kind,
        date as period_start,
        cast(null as bigint) as n,
        cast({{ measure }} as double) as value,
        'the source gives nothing to tell it from' as missing_because
    from trust
    {% endfor %}
)

select
    summed.mart,
    summed.measure,
    summed.audience,
    summed.period_kind,
    summed.period_start,
    summed.n,
    {{ published_double('summed.value') }} as value,
    cast(null as double) as lo,
    cast(null as double) as hi,
    'exact' as method,
    cast(null as text) as evidence_grade,
    cast(null as double) as change,
    cast(null as double) as change_lo,
    cast(null as double) as change_hi,
    summed.period_kind = 'day'
    or {{ utc_of_reporting("cast(case when summed.period_kind = 'quarter' then summed.period_start + interval 3 month else summed.period_start + interval 1 month end as date)") }}
    <= clock.as_of as is_complete,
    case when summed.value is null then summed.missing_because end as suppressed_reason
from summed
cross join clock

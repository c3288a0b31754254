with clock as (
    select * from {{ ref('int_clock') }}
),

posts as (
    select * from {{ ref('int_posts') }} where coalesce(is_brand, true)
),

profiles as (
    select * from {{ ref('core_profiles') }}
),

-- each counter as it was last given, be it in different snapshots
totals as (
    select
        platform,
        post_id,
        max(observed_at) as observed_at,
        {% for measure in post_measures() -%}
        {{ latest(measure, 'observed_at') }} as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_post_metrics') }}
    group by platform, post_id
),

-- followers at the time of the post: the last reading up to a day after it
followers as (
    select
        posts.platform,
        posts.post_id,
        {{ latest('profile_metrics.followers', 'profile_metrics.observed_at') }} as followers
    from posts
    inner join {{ ref('int_profile_metrics') }} as profile_metrics
        on posts.platform = profile_metrics.platform
        and posts.profile_id = profile_metrics.profile_id
        and profile_metrics.observed_at <= posts.posted_at + interval 1 day
    group by posts.platform, posts.post_id
),

measured as (
    select
        posts.*,
        totals.observed_at,
        {% for measure in post_measures() -%}
        totals.{{ measure }},
        {% endfor -%}
        followers.followers,
        case
            when coalesce(totals.likes, totals.comments, totals.shares) is not null
                then coalesce(totals.likes, 0) + coalesce(totals.comments, 0) + coalesce(totals.shares, 0)
        end as engagements_public,
        case
            when coalesce(totals.likes, totals.comments, totals.shares, totals.saves, totals.clicks) is not null
                then
                    coalesce(totals.likes, 0) + coalesce(totals.comments, 0) + coalesce(totals.shares, 0)
                    + coalesce(totals.saves, 0) + coalesce(totals.clicks, 0)
        end as engagements
    from posts
    left join totals on posts.platform = totals.platform and posts.post_id = totals.post_id
    left join followers on posts.platform = followers.platform and posts.post_id = followers.post_id
)

select
    measured.platform,
    measured.profile_id,
    measured.post_id,
    measured.posted_at,
    {{ reporting_date('measured.posted_at') }} as date,
    measured.kind,
    coalesce(measured.is_paid, false) as is_paid,
    measured.campaign_id,
    coalesce(measured.audience, profiles.default_audience, 'unknown') as audience,
    measured.permalink,
    measured.language,
    own.post_id as reply_to_post_id,
    measured.reply_to_post_id is not null or coalesce(measured.kind = 'reply', false) as is_reply,
    measured.observed_at,
    {% for measure in post_measures() -%}
    measured.{{ measure }},
    {% endfor -%}
    measured.followers,
    measured.engagements_public,
    measured.engagements,
    {{ ratio('measured.engagements', 'measured.impressions') }} as engagement_rate_by_impressions,
    {{ ratio('measured.engagements', 'measured.reach') }} as engagement_rate_by_reach,
    {{ ratio('measured.engagements', 'measured.followers') }} as engagement_rate_by_followers,
    measured.deleted_at,
    measured.source,
    clock.is_demo
from measured
left join profiles on measured.platform = profiles.platform and measured.profile_id = profiles.profile_id
-- the address of somebody else's post may hold their id
left join posts as own on measured.platform = own.platform and measured.reply_to_post_id = own.post_id
cross join clock

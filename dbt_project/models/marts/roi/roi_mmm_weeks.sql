with clock as (
    select * from {{ ref('int_clock') }}
),

platforms as (
    select platform, organic_channel, paid_channel from {{ ref('platforms') }}
),

spent as (
    select
        {{ week_of('date') }} as week,
        channel,
        case when count(*) = count(amount_reporting) then sum(amount_reporting) end as cost,
        sum(case when kind = 'ad_spend' then amount_reporting end) as ad_spend
    from {{ ref('int_cost_days') }}
    group by {{ week_of('date') }}, channel
),

advertised as (
    select
        {{ week_of('ads.date') }} as week,
        coalesce(campaigns.channel, platforms.paid_channel, 'paid_social') as channel,
        sum(ads.impressions) as impressions,
        sum(ads.clicks) as clicks
    from {{ ref('int_ad_metrics') }} as ads
    left join {{ ref('int_campaigns') }} as campaigns on ads.campaign_id = campaigns.campaign_id
    left join platforms on ads.platform = platforms.platform
    group by {{ week_of('ads.date') }}, coalesce(campaigns.channel, platforms.paid_channel, 'paid_social')
),

posted as (
    select
        {{ week_of(reporting_date('posts.posted_at')) }} as week,
        case when posts.is_paid then platforms.paid_channel else platforms.organic_channel end as channel,
        count(*) as posts
    from {{ ref('int_posts') }} as posts
    inner join platforms on posts.platform = platforms.platform
    where coalesce(posts.is_brand, true)
    group by
        {{ week_of(reporting_date('posts.posted_at')) }},
        case when posts.is_paid then platforms.paid_channel else platforms.organic_channel end
),

-- what posts were shown more often in the week; NULL where no platform says how often
shown as (
    select
        {{ week_of('days.date') }} as week,
        case when posts.is_paid then platforms.paid_channel else platforms.organic_channel end as channel,
        sum(days.impressions_delta) as impressions
    from {{ ref('core_post_days') }} as days
    inner join {{ ref('int_posts') }} as posts on days.platform = posts.platform and days.post_id = posts.post_id
    inner join platforms on days.platform = platforms.platform
    where coalesce(posts.is_brand, true)
    group by
        {{ week_of('days.date') }},
        case when posts.is_paid then platforms.paid_channel else platforms.organic_channel end
),

touched as (
    select {{ week_of('date') }} as week, channel, count(*) as touches
    from {{ ref('int_touch_channels') }}
    group by {{ week_of('date') }}, channel
),

-- the outcome is the company's, not the channel's: the same in every row of a week
sold as (
    select
        {{ week_of('date') }} as week,
        case when count(*) = count(amount_reporting) then sum(amount_reporting) end as company_revenue,
        case when count(*) = count(amount_reporting) then sum(coalesce({{ convert('discount', 'rate_to_reporting') }}, 0)) end as company_discounts,
        sum(case when kind in ('order', 'invoice') then 1 else 0 end) as company_bookings
    from {{ ref('int_revenue_resolved') }}
    group by {{ week_of('date') }}
),

closed as (
    select {{ week_of('date') }} as week, count(*) as holiday_days
    from {{ ref('core_dates') }}
    where is_holiday
    group by {{ week_of('date') }}
),

seen as (
    select week, channel from spent
    union
    select week, channel from advertised
    union
    select week, channel from posted where channel is not null
    union
    select week, channel from touched
),

channels as (
    select distinct channel from seen
),

bounds as (
    select min(weeks.week) as first_week, {{ week_of('clock.as_of_date') }} as last_week
    from (select week from seen union select week from sold) as weeks
    cross join clock
    group by {{ week_of('clock.as_of_date') }}
),

weeks as (
    select cast({{ days_between('first_week', 'last_week') }} as date) as week from bounds
),

final as (
    select
        weeks.week,
        channels.channel,
        cast(case when spent.week is null then 0 else spent.cost end as decimal(38, 4)) as cost,
        cast(coalesce(spent.ad_spend, 0) as decimal(38, 4)) as ad_spend,
        cast(advertised.impressions as bigint) as impressions,
        cast(advertised.clicks as bigint) as clicks,
        cast(coalesce(posted.posts, 0) as bigint) as posts,
        cast(shown.impressions as bigint) as post_impressions,
        cast(coalesce(touched.touches, 0) as bigint) as touches,
        cast(case when sold.week is null then 0 else sold.company_revenue end as decimal(38, 4)) as company_revenue,
        cast(coalesce(sold.company_bookings, 0) as bigint) as company_bookings,
        cast(case when sold.week is null then 0 else sold.company_discounts end as decimal(38, 4)) as company_discounts,
        cast(coalesce(closed.holiday_days, 0) as integer) as holiday_days,
        '{{ var("reporting_currency") }}' as currency,
        {{ is_over('weeks.week + 6') }} as is_complete,
        clock.is_demo
    from weeks
    cross join channels
    cross join clock
    left join spent on weeks.week = spent.week and channels.channel = spent.channel
    left join advertised on weeks.week = advertised.week and channels.channel = advertised.channel
    left join posted on weeks.week = posted.week and channels.channel = posted.channel
    left join shown on weeks.week = shown.week and channels.channel = shown.channel
    left join touched on weeks.week = touched.week and channels.channel = touched.channel
    left join sold on weeks.week = sold.week
    left join closed on weeks.week = closed.week
    where extract(isodow from weeks.week) = 1
)

select * from final

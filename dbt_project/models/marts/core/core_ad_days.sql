with clock as (
    select * from {{ ref('int_clock') }}
),

campaigns as (
    select * from {{ ref('int_campaigns') }}
),

platforms as (
    select * from {{ ref('platforms') }}
),

ads as (
    select * from {{ ref('int_ad_metrics') }}
)

select
    ads.platform,
    ads.ad_id,
    ads.date,
    ads.campaign_id,
    coalesce(campaigns.channel, platforms.paid_channel, 'paid_social') as channel,
    ads.impressions,
    ads.clicks,
    ads.spend,
    ads.currency,
    {{ convert('ads.spend', rate('rates', 'ads.currency')) }} as spend_reporting,
    {{ published_double('ads.claimed_conversions') }} as claimed_conversions,
    ads.claimed_value,
    {{ convert('ads.claimed_value', rate('rates', 'ads.currency')) }} as claimed_value_reporting,
    ads.claim_window,
    ads.restated_at,
    {{ is_over('ads.date') }} as is_complete,
    clock.is_demo
from ads
left join campaigns on ads.campaign_id = campaigns.campaign_id
left join platforms on ads.platform = platforms.platform
{{ rate_join('rates', 'ads.currency', 'ads.date') }}
cross join clock

with clock as (
    select * from {{ ref('int_clock') }}
),

listed as (
    select * from {{ ref('int_campaigns') }}
),

used as (
    select campaign_id from {{ ref('int_posts') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('int_touches') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('int_ad_metrics') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('int_costs') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('int_opportunities') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('int_experiments') }} where campaign_id is not null
),

campaigns as (
    select
        coalesce(listed.campaign_id, used.campaign_id) as campaign_id,
        listed.campaign_id is not null as is_listed,
        listed.name,
        listed.platform,
        listed.channel,
        listed.starts_on,
        listed.ends_on,
        listed.budget,
        listed.currency,
        least(listed.starts_on, clock.as_of_date) as rate_date,
        clock.is_demo
    from listed
    full outer join used on listed.campaign_id = used.campaign_id
    cross join clock
)

select
    campaigns.campaign_id,
    campaigns.name,
    campaigns.platform,
    campaigns.channel,
    campaigns.starts_on,
    campaigns.ends_on,
    campaigns.budget,
    campaigns.currency,
    {{ convert('campaigns.budget', rate('rates', 'campaigns.currency')) }} as budget_reporting,
    campaigns.is_listed,
    campaigns.is_demo
from campaigns
{{ rate_join('rates', 'campaigns.currency', 'campaigns.rate_date') }}

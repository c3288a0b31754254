with campaigns as (
    select * from {{ source('linkedin_ads', 'campaigns') }}
    -- a test shows nothing to anybody and costs nothing
    where is_test is distinct from true
),

campaign_groups as (
    select * from {{ source('linkedin_ads', 'campaign_groups') }}
)

select
    campaigns.campaign_id,
    campaigns.name,
    'linkedin_ads' as platform,
    'paid_social' as channel,
    cast(coalesce(campaigns.starts_at, campaign_groups.starts_at) as date) as starts_on,
    cast(coalesce(campaigns.ends_at, campaign_groups.ends_at) as date) as ends_on,
    {{ dbt.safe_cast('campaigns.total_budget', 'decimal(18, 4)') }} as budget,
    campaigns.currency,
    'linkedin_ads' as source,
    campaigns._observed_at
from campaigns
left join campaign_groups on campaigns.group_id = campaign_groups.group_id

with campaigns as (
    select * from {{ source('salesforce', 'campaigns') }}
    where deleted_at is null
),

org as (
    select max(currency) as currency from {{ source('salesforce', 'currency') }}
),

-- its types are words of the same kind as lead sources
channels as (
    select lower(lead_source) as name, min(channel) as channel
    from {{ ref('lead_source_names') }}
    group by lower(lead_source)
)

select
    campaigns.campaign_id,
    campaigns.name,
    channels.channel,
    cast(campaigns.starts_on as date) as starts_on,
    cast(campaigns.ends_on as date) as ends_on,
    {{ dbt.safe_cast('campaigns.budget', 'decimal(18, 4)') }} as budget,
    upper(coalesce(campaigns.currency, org.currency)) as currency,
    'salesforce' as source,
    campaigns._observed_at
from campaigns
left join channels on lower(campaigns.type) = channels.name
cross join org

select
    campaign_id,
    name,
    'google_ads' as platform,
    -- YouTube counts as social (seed platforms)
    case
        when channel_type = 'VIDEO' then 'paid_social'
        when channel_type in ('DISPLAY', 'DEMAND_GEN') then 'display'
        else 'paid_search'
    end as channel,
    -- both are local to the account, like the days of its figures
    {{ dbt.safe_cast('substring(start_time, 1, 10)', 'date') }} as starts_on,
    {{ dbt.safe_cast('substring(end_time, 1, 10)', 'date') }} as ends_on,
    {{ dbt.safe_cast('total_budget', 'decimal(18, 4)') }} as budget,
    currency,
    'google_ads' as source,
    _observed_at
from {{ source('google_ads', 'campaigns') }}

select
    campaign_id,
    name,
    'meta_ads' as platform,
    'paid_social' as channel,
    -- both are local to the account, like the days of its figures
    {{ dbt.safe_cast('substring(start_time, 1, 10)', 'date') }} as starts_on,
    {{ dbt.safe_cast('substring(stop_time, 1, 10)', 'date') }} as ends_on,
    {{ meta_amount(dbt.safe_cast('lifetime_budget', 'decimal(18, 4)'), 'currency') }} as budget,
    currency,
    'meta_ads' as source,
    _observed_at
from {{ source('meta_ads', 'campaigns') }}

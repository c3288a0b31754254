with insights as (
    select * from {{ source('meta_ads', 'insights') }}
),

-- Meta leaves actions out where there were none; an account of which it never told one does not count conversions at all
told as (
    select
        *,
        count(claimed_conversions) over (partition by account_id) > 0 as counts_conversions,
        count(claimed_value) over (partition by account_id) > 0 as counts_value
    from insights
)

select
    'meta_ads' as platform,
    ad_id,
    date,
    campaign_id,
    {{ dbt.safe_cast('impressions', 'bigint') }} as impressions,
    {{ dbt.safe_cast('link_clicks', 'bigint') }} as clicks,
    {{ dbt.safe_cast('spend', 'decimal(18, 4)') }} as spend,
    currency,
    {{ dbt.safe_cast("case when counts_conversions then coalesce(claimed_conversions, '0') end", 'double') }} as claimed_conversions,
    {{ dbt.safe_cast("case when counts_value then coalesce(claimed_value, '0') end", 'decimal(18, 4)') }} as claimed_value,
    claim_window,
    _observed_at as restated_at,
    'meta_ads' as source,
    _observed_at
from told

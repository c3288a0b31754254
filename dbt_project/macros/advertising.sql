{# Staging of advertising platforms: their raw figures have one shape, whatever the platform calls things (pipelines/advertising.py). #}

{% macro ad_metrics(platform) -%}
with insights as (
    select
        *,
        {{ dbt.safe_cast('claimed_conversions', 'double') }} as conversions,
        {{ dbt.safe_cast('claimed_value', 'decimal(18, 4)') }} as conversion_value
    from {{ source(platform, 'insights') }}
),

-- a platform gives nothing or 0 where there were none; an account of which it never told one does not count conversions at all
told as (
    select
        *,
        coalesce(max(conversions) over (partition by account_id), 0) > 0 as counts_conversions,
        coalesce(max(conversion_value) over (partition by account_id), 0) > 0 as counts_value
    from insights
)

select
    '{{ platform }}' as platform,
    ad_id,
    date,
    campaign_id,
    {{ dbt.safe_cast('impressions', 'bigint') }} as impressions,
    {{ dbt.safe_cast('link_clicks', 'bigint') }} as clicks,
    {{ dbt.safe_cast('spend', 'decimal(18, 4)') }} as spend,
    currency,
    case when counts_conversions then coalesce(conversions, 0) end as claimed_conversions,
    cast(case when counts_value then coalesce(conversion_value, 0) end as decimal(18, 4)) as claimed_value,
    claim_window,
    _observed_at as restated_at,
    '{{ platform }}' as source,
    _observed_at
from told
{%- endmacro %}

-- The data has no dates and no currency: one day and US dollars are declared. Claimed are the approved conversions;
-- what a conversion is worth is not known, so no value is claimed.
select
    'facebook' as platform,
    ad_id,
    date '2017-08-31' as date,
    xyz_campaign_id as campaign_id,
    "Impressions"::bigint as impressions,
    "Clicks"::bigint as clicks,
    round("Spent"::decimal(18, 9), 4)::decimal(18, 4) as spend,
    'USD' as currency,
    "Approved_Conversion"::double as claimed_conversions
from read_csv(getvariable('data') || '/facebook_ads_kag/KAG_conversion_data.csv', all_varchar = true)

select distinct
    xyz_campaign_id as campaign_id,
    'Facebook ads ' || xyz_campaign_id as name,
    'facebook' as platform,
    'paid_social' as channel
from read_csv(getvariable('data') || '/facebook_ads_kag/KAG_conversion_data.csv', all_varchar = true)
order by campaign_id

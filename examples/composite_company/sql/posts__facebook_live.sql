-- All 7,050 rows, the 53 repeated ones included: the warehouse has to find them.
select
    'facebook' as platform,
    split_part(status_id, '_', 1) as profile_id,
    status_id as post_id,
    strptime(status_published, '%m/%d/%Y %H:%M') as posted_at,
    case status_type when 'status' then 'text' else status_type end as kind,
    true as is_brand
from read_csv(getvariable('data') || '/fb_live_thailand/Live.csv', all_varchar = true)

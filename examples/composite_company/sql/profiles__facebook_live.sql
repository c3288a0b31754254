-- The live sellers' pages: the page is the part of status_id before the underscore; names were never published.
select distinct
    'facebook' as platform,
    split_part(status_id, '_', 1) as profile_id,
    'Live seller ' || split_part(status_id, '_', 1) as name,
    'public' as default_audience
from read_csv(getvariable('data') || '/fb_live_thailand/Live.csv', all_varchar = true)
order by profile_id

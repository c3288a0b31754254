-- Eight brand pages, by the page id inside status_id: page names are aliases.
select
    'facebook' as platform,
    split_part(status_id, '_', 1) as profile_id,
    min(page) as name,
    min(page) as brand,
    'public' as default_audience
from read_csv(getvariable('data') || '/fb_brand_posts_2016/brand_posts.csv', all_varchar = true)
group by profile_id
order by profile_id

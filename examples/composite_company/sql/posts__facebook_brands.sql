-- The key of a post is status_id, not page and status_id: one page was fetched under two names.
select
    'facebook' as platform,
    split_part(status_id, '_', 1) as profile_id,
    status_id as post_id,
    status_published::timestamp as posted_at,
    case status_type when 'status' then 'text' else status_type end as kind,
    true as is_brand,
    status_link as permalink,
    status_message as text
from read_csv(getvariable('data') || '/fb_brand_posts_2016/brand_posts.csv', all_varchar = true)

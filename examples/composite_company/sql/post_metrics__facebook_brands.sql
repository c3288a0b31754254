-- Fetched between June 20 and 25, 2016; the moment of each reading was not kept, the end is declared for all.
select
    'facebook' as platform,
    status_id as post_id,
    timestamp '2016-06-26 00:00:00' as observed_at,
    num_reactions::bigint as likes,
    num_comments::bigint as comments,
    num_shares::bigint as shares
from read_csv(getvariable('data') || '/fb_brand_posts_2016/brand_posts.csv', all_varchar = true)

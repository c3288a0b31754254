-- One reading of each counter. The data does not say when: the day after its last post is declared.
select
    'facebook' as platform,
    status_id as post_id,
    timestamp '2018-06-14 00:00:00' as observed_at,
    num_reactions::bigint as likes,
    num_comments::bigint as comments,
    num_shares::bigint as shares
from read_csv(getvariable('data') || '/fb_live_thailand/Live.csv', all_varchar = true)

with post_days as (
    select * from {{ ref('core_post_days') }}
)

select
    platform,
    profile_id,
    date,
    count(*) as posts_read,
    count(*) filter (where is_baseline) as posts_at_baseline,
    {% for measure in additive_post_measures() -%}
    cast(sum({{ measure }}_delta) as bigint) as {{ measure }}_delta,
    {% endfor -%}
    count(*) filter (where is_corrected) as posts_corrected,
    bool_and(is_complete) as is_complete,
    bool_or(is_demo) as is_demo
from post_days
group by platform, profile_id, date

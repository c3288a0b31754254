select
    conversion_id,
    row_number() over (partition by conversion_id order by touched_at desc, touch_id desc) as from_end,
    touch_id,
    channel,
    platform,
    campaign_id,
    touched_at,
    touched_month,
    seconds_before
from {{ ref('int_journeys') }}

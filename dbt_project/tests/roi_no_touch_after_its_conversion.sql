-- A touch counts at or before its conversion and inside the lookback.
select conversion_id, touch_id, lookback_days, touched_at, converted_at
from {{ ref('roi_attribution_credits') }}
where touch_id is not null
    and (touched_at > converted_at or touched_at < {{ days_before('converted_at', 'lookback_days') }})

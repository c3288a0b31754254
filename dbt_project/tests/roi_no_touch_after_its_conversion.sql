-- A window holds the touches at or before its conversion and inside its lookback, all of them and no other.
with counted as (
    select
        conversions.conversion_id,
        {%- for lookback in credit_lookbacks(attribution_lookbacks()) %}
        count(touches.touch_id) filter (where touches.touched_at >= {{ lookback.window_starts_at }}) as touches_{{ lookback.name }},
        {%- endfor %}
        count(touches.touch_id) filter (where touches.touched_at > conversions.converted_at) as late
    from {{ ref('int_conversions') }} as conversions
    left join {{ ref('int_credit_touches') }} as touches on conversions.conversion_id = touches.conversion_id
    group by conversions.conversion_id
)

select counted.*
from counted
left join {{ ref('int_credit_shares') }} as shares on counted.conversion_id = shares.conversion_id
where counted.late > 0
    {%- for lookback in credit_lookbacks(attribution_lookbacks()) %}
    or (shares.is_{{ lookback.name }} and shares.touches <> counted.touches_{{ lookback.name }})
    {%- endfor %}

with told as (
    select * from {{ ref('int_network_told') }}
),

clock as (
    select * from {{ ref('int_clock') }}
)

select
    told.month,
    told.team,
    {%- for column in told_network_values() if column != 'method' %}
    told.{{ column }},
    {%- endfor %}
    told.method,
    coalesce({{ utc_of_reporting('cast(told.month + interval 1 month as date)') }} <= clock.as_of, true) as is_complete,
    told.counted_on,
    told.suppressed_reason,
    clock.is_demo
from told
cross join clock

select
    person_key,
    cast(null as timestamp) as started_at,
    left_at,
    'slack' as source,
    _observed_at
from {{ source('slack', 'users') }}
where is_employee and not is_bot

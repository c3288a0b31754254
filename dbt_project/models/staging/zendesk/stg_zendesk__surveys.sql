select
    {{ zendesk_wave('created_at') }} as wave,
    'clients' as audience,
    respondent_key,
    'csat ' || ticket_id as item,
    cast(case score when 'good' then 1 else 0 end as double) as score,
    cast(0 as double) as scale_min,
    cast(1 as double) as scale_max,
    'csat' as dimension,
    updated_at as answered_at,
    'zendesk' as source,
    _observed_at
from {{ source('zendesk', 'ratings') }}
where score in ('good', 'bad') and respondent_key is not null

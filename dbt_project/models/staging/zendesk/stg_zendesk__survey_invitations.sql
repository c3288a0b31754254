select
    {{ zendesk_wave('created_at') }} as wave,
    'clients' as audience,
    respondent_key,
    created_at as invited_at,
    'zendesk' as source,
    _observed_at
from {{ source('zendesk', 'ratings') }}
where score in ('offered', 'good', 'bad') and respondent_key is not null

select
    contact_id,
    company_id as account_id,
    person_key,
    merged_into,
    createdate as created_at,
    'hubspot' as source,
    _observed_at
from {{ source('hubspot', 'contacts') }}
where deleted_at is null

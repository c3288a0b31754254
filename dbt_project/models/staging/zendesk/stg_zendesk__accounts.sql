select
    'zendesk:' || organization_id as account_id,
    name,
    created_at,
    'zendesk' as source,
    _observed_at
from {{ source('zendesk', 'organizations') }}
-- with an external id it is a company that the CRM knows, and knows more of
where deleted_at is null and external_id is null

with organizations as (
    select * from {{ source('zendesk', 'organizations') }}
    where deleted_at is null
),

customers as (
    select * from {{ source('zendesk', 'users') }}
    where role = 'end-user' and deleted_at is null
)

select
    'zendesk:' || customers.user_id as contact_id,
    coalesce(organizations.external_id, 'zendesk:' || organizations.organization_id) as account_id,
    customers.person_key,
    cast(null as text) as merged_into,
    customers.created_at,
    'zendesk' as source,
    customers._observed_at
from customers
left join organizations on customers.organization_id = organizations.organization_id

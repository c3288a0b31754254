select
    customer_id as contact_id,
    account_id,
    person_key,
    cast(null as text) as merged_into,
    {{ epoch_time('created') }} as created_at,
    'stripe' as source,
    _observed_at
from {{ source('stripe', 'customers') }}
where not is_deleted

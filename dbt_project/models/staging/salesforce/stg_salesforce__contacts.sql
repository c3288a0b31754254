-- a merged record is deleted, and lives on in another
with contacts as (
    select contact_id, account_id, person_key, merged_into, created_at, _observed_at
    from {{ source('salesforce', 'contacts') }}
    where deleted_at is null or merged_into is not null
),

-- who was a lead before is the contact that it was converted to
leads as (
    select
        lead_id as contact_id,
        cast(null as text) as account_id,
        person_key,
        coalesce(converted_contact_id, merged_into) as merged_into,
        created_at,
        _observed_at
    from {{ source('salesforce', 'leads') }}
    where deleted_at is null or merged_into is not null
)

select
    contact_id,
    account_id,
    person_key,
    merged_into,
    created_at,
    'salesforce' as source,
    _observed_at
from contacts
union all
select
    contact_id,
    account_id,
    person_key,
    merged_into,
    created_at,
    'salesforce' as source,
    _observed_at
from leads

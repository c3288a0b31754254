with companies as (
    select *, lower(type) as company_type, lower(lifecyclestage) as stage
    from {{ source('hubspot', 'companies') }}
    where deleted_at is null and merged_into is null
),

owners as (
    select * from {{ source('hubspot', 'owners') }}
)

select
    companies.company_id as account_id,
    companies.name,
    -- the type says what kind of company it is, the life cycle how far it has come; a customer stays one
    case
        when companies.company_type in ('vendor', 'supplier') then 'supplier'
        when companies.company_type in ('partner', 'reseller') then 'partner'
        when companies.company_type in ('customer', 'client') or companies.stage in ('customer', 'evangelist') then 'client'
        when companies.company_type = 'prospect' or companies.stage is not null then 'prospect'
    end as role,
    companies.segment,
    companies.industry,
    companies.country,
    owners.person_key as owner_id,
    companies.createdate as created_at,
    'hubspot' as source,
    companies._observed_at
from companies
left join owners on companies.hubspot_owner_id = owners.owner_id

with accounts as (
    select *, lower(type) as company_type
    from {{ source('salesforce', 'accounts') }}
    where deleted_at is null and merged_into is null
),

users as (
    select * from {{ source('salesforce', 'users') }}
)

select
    accounts.account_id,
    accounts.name,
    -- the types that every org starts with, and their likes
    case
        when accounts.company_type like '%supplier%' or accounts.company_type like '%vendor%' then 'supplier'
        when accounts.company_type like '%partner%' or accounts.company_type like '%reseller%' then 'partner'
        when accounts.company_type like 'customer%' or accounts.company_type like 'client%' then 'client'
        when accounts.company_type like 'prospect%' then 'prospect'
    end as role,
    accounts.segment,
    accounts.industry,
    accounts.country,
    users.person_key as owner_id,
    accounts.created_at,
    'salesforce' as source,
    accounts._observed_at
from accounts
left join users on accounts.owner_id = users.user_id

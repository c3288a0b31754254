with clock as (
    select * from {{ ref('int_clock') }}
),

listed as (
    select * from {{ ref('int_accounts') }}
),

used as (
    select account_id from {{ ref('int_revenue_resolved') }} where account_id is not null
    union
    select account_id from {{ ref('int_opportunities_resolved') }} where account_id is not null
    union
    select account_id from {{ ref('int_subscriptions_resolved') }} where account_id is not null
    union
    select account_id from {{ ref('int_contact_accounts') }} where account_id is not null
    union
    select account_id from {{ ref('int_touch_channels') }} where account_id is not null
),

roles as (
    select roles.customer_key, roles.role
    from {{ ref('int_customer_roles') }} as roles
    cross join clock
    where clock.as_of >= roles.valid_from and clock.as_of < roles.valid_to
),

clients_since as (
    select customer_key, min(valid_from) as valid_from
    from {{ ref('int_customer_roles') }}
    where role = 'client' and valid_from > timestamp '0001-01-01'
    group by customer_key
)

select
    coalesce(listed.account_id, used.account_id) as account_id,
    listed.name,
    roles.role,
    listed.role as role_given,
    listed.segment,
    listed.industry,
    listed.country,
    listed.created_at,
    clients_since.valid_from as client_since,
    listed.account_id is not null as is_listed,
    clock.is_demo
from listed
full outer join used on listed.account_id = used.account_id
left join roles on coalesce(listed.account_id, used.account_id) = roles.customer_key
left join clients_since on coalesce(listed.account_id, used.account_id) = clients_since.customer_key
cross join clock

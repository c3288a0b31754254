with accounts as (
    select account_id, role from {{ ref('int_accounts') }}
),

business as (
    select customer_key, occurred_at as started_at
    from {{ ref('int_revenue_resolved') }}
    where amount > 0 and customer_key is not null
    union all
    select customer_key, closed_at as started_at
    from {{ ref('int_opportunities_resolved') }}
    where is_won and closed_at is not null and customer_key is not null
    union all
    select account_id as customer_key, started_at
    from {{ ref('int_subscriptions') }}
),

first_business as (
    select customer_key, min(started_at) as started_at
    from business
    group by customer_key
),

customers as (
    select
        coalesce(accounts.account_id, first_business.customer_key) as customer_key,
        accounts.role as given_role,
        first_business.started_at
    from accounts
    full outer join first_business on accounts.account_id = first_business.customer_key
),

spans as (
    -- no source tells when a supplier or partner became one
    select
        customer_key,
        given_role as role,
        timestamp '0001-01-01' as valid_from,
        timestamp '9999-12-31' as valid_to,
        'given' as role_basis
    from customers
    where given_role in ('supplier', 'partner') or (given_role in ('client', 'prospect') and started_at is null)
    union all
    select
        customer_key,
        'prospect' as role,
        timestamp '0001-01-01' as valid_from,
        started_at as valid_to,
        'first business' as role_basis
    from customers
    where started_at is not null and coalesce(given_role, 'client') not in ('supplier', 'partner')
    union all
    select
        customer_key,
        'client' as role,
        started_at as valid_from,
        timestamp '9999-12-31' as valid_to,
        'first business' as role_basis
    from customers
    where started_at is not null and coalesce(given_role, 'client') not in ('supplier', 'partner')
)

select * from spans

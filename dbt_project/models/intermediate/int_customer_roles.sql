with versions as (
    select * from {{ ref('int_account_versions') }}
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
    select customer_key, started_at
    from {{ ref('int_subscriptions_resolved') }}
),

buyers as (
    select distinct customer_key from business
),

-- whose role no source gives is known by business alone
given as (
    select
        coalesce(versions.account_id, buyers.customer_key) as customer_key,
        versions.role as given_role,
        coalesce(versions.valid_from, timestamp '0001-01-01') as given_from,
        coalesce(versions.valid_to, timestamp '9999-12-31') as given_to,
        coalesce(versions.is_dated, false) as is_dated
    from versions
    full outer join buyers on versions.account_id = buyers.customer_key
),

-- the first business of each version: who is said to be a prospect again is one until the next
customers as (
    select
        given.customer_key,
        given.given_role,
        given.given_from,
        given.given_to,
        given.given_role in ('supplier', 'partner') or (given.given_role = 'client' and given.is_dated) as is_told,
        min(business.started_at) as started_at
    from given
    left join business
        on given.customer_key = business.customer_key
        and given.given_from <= business.started_at
        and given.given_to > business.started_at
    group by given.customer_key, given.given_role, given.given_from, given.given_to, given.is_dated
),

spans as (
    select
        customer_key,
        given_role as role,
        given_from as valid_from,
        given_to as valid_to,
        'given' as role_basis
    from customers
    where is_told or (given_role in ('client', 'prospect') and started_at is null)
    union all
    -- an account that is called a client, nobody says since when, was a prospect before its first business
    select
        customer_key,
        'prospect' as role,
        given_from as valid_from,
        started_at as valid_to,
        'first business' as role_basis
    from customers
    where started_at > given_from and not coalesce(is_told, false)
    union all
    select
        customer_key,
        'client' as role,
        started_at as valid_from,
        given_to as valid_to,
        'first business' as role_basis
    from customers
    where started_at is not null and not coalesce(is_told, false)
)

select * from spans

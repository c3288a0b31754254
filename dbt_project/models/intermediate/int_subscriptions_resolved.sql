with subscriptions as (
    select * from {{ ref('int_subscriptions') }}
),

-- who pays a source without belonging to a company there goes by the source's own number for a customer
customers as (
    select contact_id, source, person_key
    from {{ ref('int_contacts') }}
    where account_id is null and person_key is not null
),

persons as (
    select * from {{ ref('int_person_accounts') }}
),

listed as (
    select account_id from {{ ref('int_accounts') }}
),

resolved as (
    select
        subscriptions.*,
        coalesce(persons.account_id, case when customers.contact_id is null then subscriptions.account_id end) as resolved_account_id,
        case when persons.account_id is null then customers.person_key end as resolved_person_key
    from subscriptions
    left join listed on subscriptions.account_id = listed.account_id
    left join customers
        on listed.account_id is null
        and subscriptions.account_id = customers.contact_id
        and subscriptions.source = customers.source
    left join persons
        on customers.person_key = persons.person_key
        and subscriptions.started_at >= persons.valid_from
        and subscriptions.started_at < persons.valid_to
)

select
    subscription_id,
    -- who was forgotten was no company
    case when not {{ is_forgotten('resolved_account_id') }} then resolved_account_id end as account_id,
    resolved_person_key as person_key,
    coalesce(resolved_account_id, resolved_person_key) as customer_key,
    started_at,
    ended_at,
    monthly_amount,
    currency,
    plan,
    source
from resolved

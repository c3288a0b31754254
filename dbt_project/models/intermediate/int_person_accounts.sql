with contacts as (
    select * from {{ ref('int_contact_accounts') }}
),

persons as (
    select person_key, account_id, surviving_contact_id as contact_id, created_at
    from contacts
    where person_key is not null and account_id is not null
    union all
    select surviving_person_key as person_key, account_id, surviving_contact_id as contact_id, created_at
    from contacts
    where surviving_person_key is not null and account_id is not null
),

-- of several contacts made at one time the last by key stands; who changes companies gets a new contact
starts as (
    select person_key, account_id, contact_id, coalesce(created_at, timestamp '0001-01-01') as starts_at
    from (
        select
            *,
            row_number() over (partition by person_key, created_at order by contact_id desc, account_id desc) as at_one_time
        from persons
    ) as ranked
    where at_one_time = 1
),

spans as (
    select
        *,
        lag(starts_at) over (partition by person_key order by starts_at) as earlier,
        lead(starts_at) over (partition by person_key order by starts_at) as later
    from starts
)

select
    person_key,
    account_id,
    contact_id,
    case when earlier is null then timestamp '0001-01-01' else starts_at end as valid_from,
    coalesce(later, timestamp '9999-12-31') as valid_to
from spans

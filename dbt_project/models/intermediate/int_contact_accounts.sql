with recursive contacts as (
    select contact_id, account_id, person_key, merged_into, created_at
    from {{ ref('int_contacts') }}
),

-- a merged contact lives on in another, which may have been merged in turn; a circle ends after 20 steps
chain as (
    select contact_id, contact_id as surviving_contact_id, merged_into, 0 as steps
    from contacts
    union all
    select chain.contact_id, contacts.contact_id as surviving_contact_id, contacts.merged_into, chain.steps + 1 as steps
    from chain
    inner join contacts on chain.merged_into = contacts.contact_id
    where chain.steps < 20
),

ends as (
    select contact_id, surviving_contact_id
    from (
        select
            *,
            row_number() over (partition by contact_id order by steps desc) as from_the_end
        from chain
    ) as ranked
    where from_the_end = 1
)

select
    contacts.contact_id,
    ends.surviving_contact_id,
    contacts.person_key,
    survivors.person_key as surviving_person_key,
    coalesce(survivors.account_id, contacts.account_id) as account_id,
    contacts.created_at
from contacts
inner join ends on contacts.contact_id = ends.contact_id
inner join contacts as survivors on ends.surviving_contact_id = survivors.contact_id

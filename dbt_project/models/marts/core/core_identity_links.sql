with clock as (
    select * from {{ ref('int_clock') }}
),

employees as (
    select person_key from {{ ref('int_employments') }}
),

links as (
    select * from {{ ref('int_identity_links') }}
),

choices as (
    select * from {{ ref('int_link_choices') }}
),

chosen as (
    select * from {{ ref('int_actor_persons') }}
),

persons as (
    select person_accounts.*
    from {{ ref('int_person_accounts') }} as person_accounts
    cross join clock
    where clock.as_of >= person_accounts.valid_from and clock.as_of < person_accounts.valid_to
)

select
    links.person_key,
    links.platform,
    links.actor_key,
    links.method,
    links.evidence,
    links.consent_basis,
    links.matched_at,
    links.expires_at,
    links.revoked_at,
    persons.account_id,
    coalesce(links.revoked_at > clock.as_of, true) and coalesce(links.expires_at > clock.as_of, true) as is_active,
    chosen.person_key is not null as is_chosen,
    choices.left_out_because,
    links.source,
    clock.is_demo
from links
cross join clock
inner join choices
    on links.platform = choices.platform
    and links.actor_key = choices.actor_key
    and links.person_key = choices.person_key
    and links.method = choices.method
left join chosen
    on links.platform = chosen.platform
    and links.actor_key = chosen.actor_key
    and links.person_key = chosen.person_key
    and links.method = chosen.method
left join persons on links.person_key = persons.person_key
where links.person_key not in (select person_key from employees)

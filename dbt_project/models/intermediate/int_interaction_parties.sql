with interactions as not materialized (
    select platform, interaction_id, occurred_at, actor_key, addressee_key, coalesce(is_brand, false) as is_brand
    from {{ ref('int_interactions') }}
),

addressees as (
    select * from {{ ref('int_interaction_addressees') }}
),

actor_persons as (
    select * from {{ ref('int_actor_persons') }}
),

choices as (
    select person_key, platform, is_granted
    from {{ ref('int_consent_choices') }}
    where purpose = 'identity_join'
),

employments as (
    select * from {{ ref('int_employments') }}
),

persons as (
    select * from {{ ref('int_person_accounts') }}
),

roles as (
    select * from {{ ref('int_customer_roles') }}
),

rules as (
    select * from {{ ref('audience_rules') }}
),

-- the other side of an interaction: who wrote to us, or whom we wrote to; two ways to name whom are one party
written_to as (
    select platform, interaction_id, occurred_at, addressee_key as party_key
    from interactions
    where is_brand and addressee_key is not null
    union
    select interactions.platform, interactions.interaction_id, interactions.occurred_at, addressees.addressee_key as party_key
    from interactions
    inner join addressees
        on interactions.platform = addressees.platform and interactions.interaction_id = addressees.interaction_id
    where interactions.is_brand
),

parties as (
    select platform, interaction_id, occurred_at, actor_key as party_key
    from interactions
    where not is_brand
    union all
    select * from written_to
),

-- people of whom anything is known: most of a public are strangers, and tell no audience
known as (
    select person_key from employments
    union
    select person_key from persons
    union
    select customer_key as person_key from roles
    union
    select person_key from actor_persons
    union
    select actor_key as person_key from actor_persons
),

identified as (
    select
        parties.*,
        -- where an address was given, the actor's key is the person's, unless the person or the terms of the platform forbid it (int_link_choices)
        coalesce(actor_persons.person_key, parties.party_key) as person_key,
        coalesce(
            actor_persons.is_of_work_alone,
            parties.platform = 'linkedin' or not coalesce(here.is_granted, anywhere.is_granted, parties.platform not in ('x', 'twitter'))
        ) as is_no_customer
    from parties
    left join actor_persons
        on parties.platform = actor_persons.platform
        and parties.party_key = actor_persons.actor_key
        and coalesce(parties.occurred_at >= actor_persons.valid_from, true)
    left join choices as here
        on parties.party_key = here.person_key and parties.platform = here.platform
    left join choices as anywhere
        on parties.party_key = anywhere.person_key and anywhere.platform is null
),

with_role as (
    select
        identified.platform,
        identified.interaction_id,
        identified.party_key,
        case when identified.is_no_customer and employments.person_key is null then identified.party_key else identified.person_key end as person_key,
        persons.account_id,
        case when employments.person_key is not null then 'employee' else roles.role end as role
    from identified
    inner join known on identified.person_key = known.person_key
    left join employments
        on identified.person_key = employments.person_key
        and identified.occurred_at >= employments.valid_from
        and identified.occurred_at < employments.valid_to
    left join persons
        on identified.person_key = persons.person_key
        and not identified.is_no_customer
        and identified.occurred_at >= persons.valid_from
        and identified.occurred_at < persons.valid_to
    left join roles
        on coalesce(persons.account_id, identified.person_key) = roles.customer_key
        and not identified.is_no_customer
        and identified.occurred_at >= roles.valid_from
        and identified.occurred_at < roles.valid_to
)

select
    with_role.platform,
    with_role.interaction_id,
    with_role.party_key,
    with_role.person_key,
    with_role.account_id,
    with_role.role,
    rules.audience,
    rules.precedence
from with_role
left join rules on with_role.role = rules.role

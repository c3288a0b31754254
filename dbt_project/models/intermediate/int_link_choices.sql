with links as (
    select * from {{ ref('int_identity_links') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

employees as (
    select distinct person_key from {{ ref('int_employments') }}
),

judged as (
    select
        links.*,
        employees.person_key is not null as is_employee,
        {{ is_granted('identity_join', 'links.person_key', 'links.platform') }} as is_granted,
        -- by the person, or by the account itself
        {{ is_denied('identity_join', 'links.person_key', 'links.platform') | indent(8) }}
        or {{ is_denied('identity_join', 'links.actor_key', 'links.platform') | indent(8) }} as is_denied,
        coalesce(trim(links.consent_basis), '') <> '' as has_basis,
        lower(trim(links.consent_basis)) in ('consent', 'opt_in', 'opt-in') as is_opt_in,
        clock.as_of
    from links
    cross join clock
    left join employees on links.person_key = employees.person_key
),

asked as (
    select
        *,
        case
            when is_granted then null
            when platform in ('x', 'twitter') and not is_opt_in then 'on X only with the opt-in of the person'
            when not has_basis then 'neither a consent nor a basis is given'
        end as lacking
    from judged
)

select
    platform,
    actor_key,
    person_key,
    method,
    matched_at,
    is_employee,
    is_employee and lacking is not null as is_of_work_alone,
    case
        when platform = 'linkedin' then 'persons on LinkedIn are never linked'
        when is_denied then 'denied, withdrawn, expired or forgotten'
        when revoked_at <= as_of then 'the link was revoked'
        when expires_at <= as_of then 'the link has expired'
        -- the contract of work ties an employee's accounts, and they are left out of all but team sums
        when not is_employee then lacking
    end as left_out_because
from asked

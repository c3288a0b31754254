with links as (
    select * from {{ ref('int_identity_links') }}
),

denials as (
    select * from {{ ref('int_consent_denials') }} where purpose = 'identity_join'
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- order of evidence: METRICS, identity
ranked as (
    select
        links.platform,
        links.actor_key,
        links.person_key,
        links.method,
        row_number() over (
            partition by links.platform, links.actor_key
            order by
                case links.method
                    when 'self_declared' then 1
                    when 'verified_email' then 2
                    when 'click_id' then 3
                    when 'utm' then 4
                    else 5
                end asc,
                links.matched_at desc nulls last,
                links.person_key asc
        ) as place
    from links
    cross join clock
    where coalesce(links.revoked_at > clock.as_of, true)
        and coalesce(links.expires_at > clock.as_of, true)
        and not exists (
            select 1
            from denials
            where denials.person_key = links.person_key and (denials.platform is null or denials.platform = links.platform)
        )
)

select platform, actor_key, person_key, method
from ranked
where place = 1

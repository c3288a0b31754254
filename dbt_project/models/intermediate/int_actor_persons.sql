with links as (
    select * from {{ ref('int_link_choices') }}
),

-- order of evidence: METRICS, identity
ranked as (
    select
        platform,
        actor_key,
        person_key,
        method,
        matched_at,
        is_of_work_alone,
        row_number() over (
            partition by platform, actor_key
            order by
                case method
                    when 'self_declared' then 1
                    when 'verified_email' then 2
                    when 'click_id' then 3
                    when 'utm' then 4
                    else 5
                end asc,
                matched_at desc nulls last,
                person_key asc
        ) as place
    from links
    where left_out_because is null
),

-- an account that was somebody else's before: a platform had handed it on, and what was said then was not said by this person
handed_on as (
    select ranked.platform, ranked.actor_key, ranked.matched_at as valid_from
    from ranked
    where ranked.place = 1
        and exists (
            select 1
            from {{ ref('int_identity_links') }} as earlier
            where earlier.platform = ranked.platform
                and earlier.actor_key = ranked.actor_key
                and earlier.person_key <> ranked.person_key
                and coalesce(earlier.matched_at, earlier.revoked_at, earlier.expires_at) < ranked.matched_at
                and coalesce(earlier.revoked_at, earlier.expires_at) is not null
        )
)

select
    ranked.platform,
    ranked.actor_key,
    ranked.person_key,
    ranked.method,
    ranked.is_of_work_alone,
    handed_on.valid_from
from ranked
left join handed_on on ranked.platform = handed_on.platform and ranked.actor_key = handed_on.actor_key
where ranked.place = 1

with clock as (
    select * from {{ ref('int_clock') }}
),

-- the latest word counts, and of two at one time the denial
latest as (
    select *
    from (
        select
            consents.*,
            row_number() over (
                partition by consents.person_key, consents.purpose, consents.platform
                order by consents.recorded_at desc, consents.is_granted asc
            ) as place
        from {{ ref('int_consents') }} as consents
        cross join clock
        where consents.recorded_at <= clock.as_of
    ) as ranked
    where place = 1
),

purposes as (
    select unnest(['identity_join', 'attribution', 'sentiment', 'story_text', 'survey']) as purpose
),

-- erasure outranks all; only a consent given after it brings a person back
erased as (
    select erasures.person_key, purposes.purpose
    from {{ ref('int_erasures') }} as erasures
    cross join purposes
    where not exists (
        select 1
        from latest
        where latest.person_key = erasures.person_key
            and latest.purpose = purposes.purpose
            and latest.is_granted
            and latest.recorded_at > erasures.requested_at
    )
)

select latest.person_key, latest.purpose, latest.platform
from latest
cross join clock
where not latest.is_granted or coalesce(latest.expires_at <= clock.as_of, false)
union
select erased.person_key, erased.purpose, cast(null as text) as platform
from erased

with clock as (
    select * from {{ ref('int_clock') }}
),

consents as (
    select consents.*
    from {{ ref('int_consents') }} as consents
    cross join clock
    where consents.recorded_at <= clock.as_of
),

purposes as (
    select unnest(['identity_join', 'attribution', 'sentiment', 'story_text', 'survey']) as purpose
),

-- a choice for all platforms counts on each; on a platform that is named, the latest of both
places as (
    select distinct person_key, purpose, platform
    from consents
    union
    select distinct person_key, purpose, cast(null as text) as platform
    from consents
    union
    select erasures.person_key, purposes.purpose, cast(null as text) as platform
    from {{ ref('int_erasures') }} as erasures
    cross join purposes
),

-- the latest word counts, and of two at one time the denial, else what ends first
latest as (
    select
        places.person_key,
        places.purpose,
        places.platform,
        consents.is_granted,
        consents.recorded_at,
        consents.expires_at,
        row_number() over (
            partition by places.person_key, places.purpose, places.platform
            order by consents.recorded_at desc nulls last, consents.is_granted asc, consents.expires_at asc nulls last
        ) as place
    from places
    left join consents
        on places.person_key = consents.person_key
        and places.purpose = consents.purpose
        and (consents.platform is null or consents.platform is not distinct from places.platform)
)

-- erasure outranks all; only a consent given after it brings a person back
select
    latest.person_key,
    latest.purpose,
    latest.platform,
    case
        when erasures.requested_at is not null and not coalesce(latest.is_granted and latest.recorded_at > erasures.requested_at, false) then false
        when latest.is_granted then coalesce(latest.expires_at > clock.as_of, true)
        else latest.is_granted
    end as is_granted,
    case
        when erasures.requested_at is not null and not coalesce(latest.is_granted and latest.recorded_at > erasures.requested_at, false)
            then 'asked to be forgotten'
        when latest.is_granted and latest.expires_at <= clock.as_of then 'the consent has expired'
        when not latest.is_granted then 'denied or withdrawn'
    end as denied_because
from latest
cross join clock
left join {{ ref('int_erasures') }} as erasures on latest.person_key = erasures.person_key
where latest.place = 1 and (latest.is_granted is not null or erasures.requested_at is not null)

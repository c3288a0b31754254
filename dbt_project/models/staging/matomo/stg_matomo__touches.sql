with visits as (
    select * from {{ source('matomo', 'visits') }}
    where is_deleted is distinct from true
),

-- numbers of visits are those of one Matomo
instances as (
    select count(distinct instance) as instances from visits
),

-- who once signed in is that person in all visits of the same browser
visitors as (
    select instance, visitor_key, {{ latest('user_key', 'occurred_at') }} as user_key
    from visits
    where user_key is not null
    group by instance, visitor_key
)

select
    'matomo|' || case when instances.instances > 1 then visits.instance || '|' else '' end || visits.visit_id as touch_id,
    coalesce(visits.user_key, visitors.user_key, visits.visitor_key) as person_key,
    visits.occurred_at,
    'visit' as kind,
    visits.utm_source,
    visits.utm_medium,
    visits.utm_campaign,
    visits.referrer,
    'matomo' as source,
    visits._observed_at
from visits
cross join instances
left join visitors on visits.instance = visitors.instance and visits.visitor_key = visitors.visitor_key

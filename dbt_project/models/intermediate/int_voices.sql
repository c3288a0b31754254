-- What people outside the company said or did, to the brand, about it or to each other; bots are nobody.
with interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where not is_brand and not is_bot and audience <> 'employees'
),

persons as (
    {{ persons_of_accounts() | indent(4) }}
),

clock as (
    select * from {{ ref('int_clock') }}
)

select
    interactions.platform,
    interactions.audience,
    interactions.profile_id,
    interactions.language,
    interactions.team,
    interactions.room_id,
    {{ key_number(['interactions.platform', 'interactions.audience', 'interactions.profile_id', 'interactions.language', 'interactions.team', 'interactions.room_id']) }} as cell_no,
    {{ key_number_of('coalesce(persons.person_key, interactions.actor_key)') }} as actor_no,
    interactions.date,
    interactions.month,
    -- of one's own accord: a share, or a mention that answers nobody
    not interactions.is_incentivised
    and (
        -- passed on without a word of one's own, it is praise
        (interactions.kind = 'share' and coalesce(interactions.sentiment >= 0.05, interactions.text is null and interactions.language is null))
        or (interactions.kind = 'mention' and interactions.parent_id is null and coalesce(interactions.sentiment >= 0.05, false))
    ) as is_advocacy,
    interactions.kind in ('comment', 'reply', 'mention', 'dm', 'message') as is_message,
    -- VADER's own limits
    case when interactions.sentiment >= 0.05 then 1 when interactions.sentiment <= -0.05 then -1 when interactions.sentiment is not null then 0 end as mood
from interactions
cross join clock
left join persons on interactions.platform = persons.platform and interactions.actor_key = persons.actor_key
where interactions.occurred_at <= clock.as_of

with interactions as (
    select * from {{ ref('int_interaction_audiences') }}
),

addressees as (
    select * from {{ ref('int_interaction_addressees') }}
),

actor_persons as (
    select * from {{ ref('int_actor_persons') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- what colleagues write where others can read it: no direct messages
messages as (
    select interactions.*
    from interactions
    cross join clock
    where
        interactions.audience = 'employees'
        and interactions.kind in ('comment', 'reply', 'mention', 'message')
        and not interactions.is_bot
        and interactions.occurred_at <= clock.as_of
),

in_thread as (
    select
        *,
        lag(actor_key) over (partition by platform, thread_id order by occurred_at, interaction_id) as previous_actor_key
    from messages
),

-- named addressees, else whose message it answers, else who wrote before in the thread
named as (
    select platform, interaction_id, addressee_key
    from messages
    where addressee_key is not null
    union
    select messages.platform, messages.interaction_id, addressees.addressee_key
    from messages
    inner join addressees
        on messages.platform = addressees.platform and messages.interaction_id = addressees.interaction_id
),

addressed as (
    select
        in_thread.platform,
        in_thread.interaction_id,
        in_thread.occurred_at,
        in_thread.month,
        in_thread.actor_key,
        coalesce(
            named.addressee_key,
            parents.actor_key,
            case when in_thread.thread_id is not null then in_thread.previous_actor_key end
        ) as addressee_key
    from in_thread
    left join named
        on in_thread.platform = named.platform and in_thread.interaction_id = named.interaction_id
    left join messages as parents
        on in_thread.platform = parents.platform and in_thread.parent_id = parents.interaction_id
)

select
    addressed.platform,
    addressed.interaction_id,
    addressed.occurred_at,
    addressed.month,
    coalesce(senders.person_key, addressed.actor_key) as from_key,
    coalesce(receivers.person_key, addressed.addressee_key) as to_key
from addressed
left join actor_persons as senders
    on addressed.platform = senders.platform and addressed.actor_key = senders.actor_key
left join actor_persons as receivers
    on addressed.platform = receivers.platform and addressed.addressee_key = receivers.actor_key

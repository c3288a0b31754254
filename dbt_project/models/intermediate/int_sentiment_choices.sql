-- Somebody's choice is kept by the key they gave it under: their own account's, or that of the person whose account it is.
with choosers as (
    select distinct person_key
    from {{ ref('int_consent_choices') }}
    where purpose = 'sentiment'
),

actor_persons as (
    select * from {{ ref('int_actor_persons') }}
),

accounts as (
    select person_key as actor_key from choosers
    union
    select actor_persons.actor_key
    from actor_persons
    inner join choosers on actor_persons.person_key = choosers.person_key
),

actors as (
    select distinct interactions.platform, interactions.actor_key
    from {{ ref('int_interactions') }} as interactions
    inner join accounts on interactions.actor_key = accounts.actor_key
),

persons as (
    select actors.platform, actors.actor_key, coalesce(actor_persons.person_key, actors.actor_key) as person_key
    from actors
    left join actor_persons on actors.platform = actor_persons.platform and actors.actor_key = actor_persons.actor_key
)

select
    given.platform,
    given.actor_key,
    {% for key in ['actor_key', 'person_key'] -%}
    not {{ is_denied('sentiment', 'given.' ~ key, 'given.platform') | indent(4) }}
    and
    {% endfor -%}
    {% if var('consent_default')['sentiment'] == 'allow' -%}
    true
    {%- else -%}
    (
        {{ is_granted('sentiment', 'given.actor_key', 'given.platform') | indent(8) }}
        or {{ is_granted('sentiment', 'given.person_key', 'given.platform') | indent(8) }}
    )
    {%- endif %} as is_allowed
from persons as given

{% set cell = 'platform, room_id, audience, month' -%}
with members as (
    select * from {{ ref('int_room_members') }}
),

-- from the quietest to the loudest
ordered as (
    select
        *,
        row_number() over (partition by {{ cell }} order by messages, actor_key) as place
    from members
),

estimated as (
    {{ gini_estimates('ordered', cell) | indent(4) }}
)

select
    'gini_participation' as indicator,
    'month' as period_kind,
    month as period_start,
    audience,
    platform,
    'room' as dimension,
    room_id as dimension_value,
    'Gini coefficient' as unit,
    n,
    n as clusters,
    gini as value,
    lo,
    hi,
    'jackknife on the logit, t over members, upper limit for skewness (Johnson)' as method
from estimated

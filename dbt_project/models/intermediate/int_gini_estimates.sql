{% set cell = 'platform, room_id, audience, month' -%}
with members as (
    select * from {{ ref('int_room_members') }}
),

-- from the quietest to the loudest
ordered as (
    select
        *,
        row_number() over (partition by {{ cell }} order by messages, actor_key) as place,
        cast(sum(messages) over (partition by {{ cell }} order by messages, actor_key rows between unbounded preceding and current row) as bigint) as so_far,
        cast(sum(messages) over (partition by {{ cell }}) as bigint) as total,
        count(*) over (partition by {{ cell }}) as n
    from members
),

coefficients as (
    select {{ cell }}, 2.0 * cast(sum(place * messages) as bigint) / (max(n) * max(total)) - (max(n) + 1.0) / max(n) as gini
    from ordered
    where total > 0
    group by {{ cell }}
),

-- what each member does to the coefficient: mean distance to the others less Gini's share of their own (influence function)
influences as (
    select
        ordered.platform,
        ordered.room_id,
        ordered.audience,
        ordered.month,
        ordered.n,
        coefficients.gini,
        cast(
            (
                (cast(ordered.messages * (2 * ordered.place - ordered.n) + ordered.total - 2 * ordered.so_far as double) / ordered.n)
                - coefficients.gini * ordered.messages
            ) * ordered.n / ordered.total - coefficients.gini
            as decimal(18, 12)
        ) as influence
    from ordered
    inner join coefficients
        on ordered.platform = coefficients.platform
        and ordered.room_id = coefficients.room_id
        and ordered.audience = coefficients.audience
        and ordered.month = coefficients.month
),

summed as (
    select {{ cell }}, max(n) as n, max(gini) as gini, {{ exact_variance('influence') }} as variance
    from influences
    group by {{ cell }}
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
    greatest(0.0, gini - {{ t_quantile('(n - 1)') }} * {{ root('variance') }} / sqrt(n)) as lo,
    least(1.0, gini + {{ t_quantile('(n - 1)') }} * {{ root('variance') }} / sqrt(n)) as hi,
    'linearised, t over members' as method
from summed

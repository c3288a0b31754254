with participation as (
    select *, count(*) over (partition by month, team) as n
    from {{ ref('int_network_participation') }}
),

ties as (
    select * from {{ ref('int_network_ties') }}
    where is_external is not null
),

-- what is drawn must not depend on people's keys, which a rotation changes: a person is known by the first message from or to them
first_messages as (
    select person_key, min(message) as message
    from (
        select from_key as person_key, 'from ' || platform || '|' || interaction_id as message
        from {{ ref('int_employee_addresses') }}
        union all
        select to_key as person_key, 'to ' || platform || '|' || interaction_id as message
        from {{ ref('int_employee_addresses') }}
        where to_key is not null
    ) as messages
    group by person_key
),

-- and who is silent by where they belong
places as (
    select person_key, min(team) as team, min(month) as month
    from participation
    where team <> 'all'
    group by person_key
),

-- the vertices are what is drawn anew (Snijders and Borgatti 1999): an edge weighs as much as its two ends together
persons as (
    select
        seen.person_key,
        row_number() over (order by first_messages.message, places.team, places.month, seen.person_key) as customer_no,
        coalesce(first_messages.message, 'silent') || '|' || row_number() over (
            partition by first_messages.message
            order by places.team, places.month, seen.person_key
        ) as customer_key
    from (
        select person_key from participation
        union
        select from_key as person_key from ties
        union
        select to_key as person_key from ties
    ) as seen
    left join first_messages on seen.person_key = first_messages.person_key
    left join places on seen.person_key = places.person_key
),

weights as (
    select persons.person_key, drawn.*
    from ({{ bootstrap_weights('persons') }}) as drawn
    inner join persons on drawn.customer_no = persons.customer_no
),

tie_blocks as (
    select
        ties.month,
        ties.team,
        senders.block,
        {%- for part in range(8) %}
        sum(senders.w{{ part }} * receivers.w{{ part }}) as all{{ part }},
        sum(case when ties.is_external then senders.w{{ part }} * receivers.w{{ part }} else 0 end) as external{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ties
    inner join weights as senders on ties.from_key = senders.person_key
    inner join weights as receivers on ties.to_key = receivers.person_key and senders.block = receivers.block
    group by ties.month, ties.team, senders.block
),

-- a member who is drawn three times stands in three places
placed as (
    select
        participation.month,
        participation.team,
        participation.messages,
        weights.block,
        {%- for part in range(8) %}
        weights.w{{ part }},
        sum(weights.w{{ part }}) over so_far as c{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from participation
    inner join weights on participation.person_key = weights.person_key
    where participation.n >= 10
    window so_far as (
        partition by participation.month, participation.team, weights.block
        order by participation.place
        rows between unbounded preceding and current row
    )
),

gini_blocks as (
    select
        month,
        team,
        block,
        {%- for part in range(8) %}
        sum(w{{ part }}) as n{{ part }},
        sum(w{{ part }} * messages) as total{{ part }},
        sum((w{{ part }} * c{{ part }} - w{{ part }} * (w{{ part }} - 1) / 2) * messages) as placed{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from placed
    group by month, team, block
),

replicates as (
    {% for part in range(8) -%}
    select month, team, 'cross_team_share' as measure, block * 8 + {{ part }} as replicate, external{{ part }} / nullif(all{{ part }}, 0) as value
    from tie_blocks
    union all
    select
        month,
        team,
        'gini' as measure,
        block * 8 + {{ part }} as replicate,
        (2 * placed{{ part }} - (n{{ part }} + 1) * total{{ part }}) / nullif(n{{ part }} * total{{ part }}, 0) as value
    from gini_blocks
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked as (
    select
        *,
        row_number() over (partition by month, team, measure order by value, replicate) as place,
        count(*) over (partition by month, team, measure) as drawn
    from replicates
    where replicate < {{ bootstrap_replicates() }} and value is not null
)

-- order statistics, rounded outwards; a draw in which nothing is left says nothing, and many of them make the interval untold
select
    month,
    team,
    measure,
    max(case when place = (drawn + 1) // 40 then value end) as lo,
    max(case when place = drawn + 1 - (drawn + 1) // 40 then value end) as hi
from ranked
where drawn >= 0.9 * {{ bootstrap_replicates() }}
group by month, team, measure

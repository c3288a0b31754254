{# First-order Markov chains of journeys: how much conversion is lost when a channel is taken out (METRICS section 3). #}

{% macro markov_effects(transitions) -%}
{#-
  transitions: chain_id, from_channel (NULL = the start of a journey), to_channel (NULL = its end), is_converted (at an end), journeys
  (how many went that way) -> chain_id, channel, removal_effect, p_conversion, p_conversion_empirical, journeys. Many chains at once.

  Exact, without iterating to a limit: a journey that converts through k reaches k at all (h_k) and converts from there (c_k), so that the
  removal effect 1 - P(without k)/P is h_k c_k / P. With N = (I - Q)^-1 of the transitions among channels, c = N r, h_k = (s N)_k / N_kk,
  P = s N r. The sweep operator finds all of them at once, one channel a step; each number is made of four others, so no order of rows
  can change it.
-#}
with recursive edges as (
    select chain_id, from_channel, to_channel, is_converted, cast(sum(journeys) as double) as journeys
    from {{ transitions }}
    group by chain_id, from_channel, to_channel, is_converted
),

channels as (
    select
        chain_id,
        channel,
        row_number() over (partition by chain_id order by channel) as state,
        count(*) over (partition by chain_id) as states
    from (
        select distinct chain_id, to_channel as channel
        from edges
        where to_channel is not null
    ) as visited
),

leaving as (
    select chain_id, from_channel, sum(journeys) as journeys
    from edges
    group by chain_id, from_channel
),

-- state 0 is the start, the last one conversion; what ends without one is lost
probabilities as (
    select
        edges.chain_id,
        coalesce(origins.state, 0) as row_no,
        coalesce(targets.state, lasts.states + 1) as column_no,
        edges.journeys / leaving.journeys as probability
    from edges
    inner join leaving
        on edges.chain_id = leaving.chain_id
        and edges.from_channel is not distinct from leaving.from_channel
    inner join (select distinct chain_id, states from channels) as lasts on edges.chain_id = lasts.chain_id
    left join channels as origins on edges.chain_id = origins.chain_id and edges.from_channel = origins.channel
    left join channels as targets on edges.chain_id = targets.chain_id and edges.to_channel = targets.channel
    where edges.to_channel is not null or edges.is_converted
),

-- [I - Q, r; -s, 0], rows from 0, columns from 1
cells as (
    select
        origins.chain_id,
        origins.states,
        origins.state as row_no,
        targets.state as column_no,
        case when origins.state = targets.state then 1.0 else 0.0 end
        + case when targets.state > targets.states then 1.0 else -1.0 end * coalesce(probabilities.probability, 0.0) as cell
    from (
        select chain_id, state, states from channels
        union all
        select distinct chain_id, 0 as state, states from channels
    ) as origins
    inner join (
        select chain_id, state, states from channels
        union all
        select distinct chain_id, states + 1 as state, states from channels
    ) as targets on origins.chain_id = targets.chain_id
    left join probabilities
        on origins.chain_id = probabilities.chain_id
        and origins.state = probabilities.row_no
        and targets.state = probabilities.column_no
),

swept as (
    select chain_id, states, 0 as step, row_no, column_no, cast(cell as double) as cell
    from cells
    union all
    select
        cells.chain_id,
        cells.states,
        cells.step + 1 as step,
        cells.row_no,
        cells.column_no,
        case
            when cells.row_no = pivots.row_no and cells.column_no = pivots.column_no then 1.0 / pivots.cell
            when cells.row_no = pivots.row_no then cells.cell / pivots.cell
            when cells.column_no = pivots.column_no then -cells.cell / pivots.cell
            else cells.cell - of_row.cell * of_column.cell / pivots.cell
        end as cell
    from swept as cells
    inner join swept as pivots
        on cells.chain_id = pivots.chain_id
        and pivots.row_no = cells.step + 1
        and pivots.column_no = cells.step + 1
    inner join swept as of_row
        on cells.chain_id = of_row.chain_id
        and cells.row_no = of_row.row_no
        and of_row.column_no = cells.step + 1
    inner join swept as of_column
        on cells.chain_id = of_column.chain_id
        and cells.column_no = of_column.column_no
        and of_column.row_no = cells.step + 1
    where cells.step < cells.states
),

solved as (
    select chain_id, row_no, column_no, cell
    from swept
    where step = states
),

ends as (
    select
        chain_id,
        cast(sum(journeys) as bigint) as journeys,
        coalesce(sum(case when is_converted then journeys end), 0) / sum(journeys) as p_conversion_empirical
    from edges
    where to_channel is null
    group by chain_id
)

select
    channels.chain_id,
    channels.channel,
    case when ends.p_conversion_empirical > 0 then visits.cell / own.cell * conversions.cell / chance.cell end as removal_effect,
    chance.cell as p_conversion,
    ends.p_conversion_empirical,
    ends.journeys
from channels
inner join ends on channels.chain_id = ends.chain_id
inner join solved as visits
    on channels.chain_id = visits.chain_id and visits.row_no = 0 and channels.state = visits.column_no
inner join solved as own
    on channels.chain_id = own.chain_id and channels.state = own.row_no and channels.state = own.column_no
inner join solved as conversions
    on channels.chain_id = conversions.chain_id and channels.state = conversions.row_no and conversions.column_no = channels.states + 1
inner join solved as chance
    on channels.chain_id = chance.chain_id and chance.row_no = 0 and chance.column_no = channels.states + 1
{%- endmacro %}

{% macro markov_transitions(touches) -%}
{#-
  touches: chain_id, journey_no, place (order within the journey), channel, is_converted -> what markov_effects() reads. A channel that
  follows itself is one visit: to stay there changes no chance of ever leaving for elsewhere.
-#}
with steps as (
    select
        chain_id,
        channel,
        is_converted,
        lag(channel) over journey as earlier,
        lead(channel) over journey as later
    from {{ touches }}
    window journey as (partition by chain_id, journey_no order by place)
)

select
    chain_id,
    channel as from_channel,
    later as to_channel,
    later is null and is_converted as is_converted,
    count(*) as journeys
from steps
where later is distinct from channel
group by chain_id, channel, later, later is null and is_converted
union all
select
    chain_id,
    cast(null as text) as from_channel,
    channel as to_channel,
    false as is_converted,
    count(*) as journeys
from steps
where earlier is null
group by chain_id, channel
{%- endmacro %}

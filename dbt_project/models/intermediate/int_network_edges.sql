with addressed as (
    select * from {{ ref('int_employee_addresses') }}
),

places as (
    select * from {{ ref('int_network_places') }}
),

-- between members of the company: what is written by or to those who are not yet or no longer one begins no edge and ends none
addresses as (
    select distinct
        addressed.platform,
        addressed.interaction_id,
        addressed.occurred_at,
        addressed.month,
        addressed.from_key,
        addressed.to_key
    from addressed
    {{ join_places_of_both('addressed', 'month', 'occurred_at') | indent(4) }}
    where addressed.to_key <> addressed.from_key
),

paired as (
    select
        *,
        lag(occurred_at) over (partition by from_key, to_key order by occurred_at, platform, interaction_id) as previous_at
    from addresses
),

repeated as (
    select
        case when grouping(month) = 0 then month end as month,
        from_key,
        to_key,
        max(occurred_at) as made_at,
        max(month) as made_in,
        'two messages within 28 days' as edge_rule
    from paired
    where previous_at >= occurred_at - interval 28 day
    group by grouping sets ((month, from_key, to_key), (from_key, to_key))
),

-- where nobody ever wrote twice to the same person it is a graph that was drawn once: for all time each message is an edge
drawn_once as (
    select
        cast(null as date) as month,
        from_key,
        to_key,
        occurred_at as made_at,
        month as made_in,
        'one message, since nobody wrote twice to anybody' as edge_rule
    from addresses
    where not exists (select 1 from paired where previous_at is not null)
),

edges as (
    select * from repeated
    union all
    select * from drawn_once
),

arcs as (
    select distinct from_key, to_key from addresses
),

-- a list of pairs in which nobody ever writes back gives no direction: whose name comes first says nothing
answered as (
    select count(*) as arcs, count(back.from_key) as arcs_back
    from arcs
    left join arcs as back on arcs.from_key = back.to_key and arcs.to_key = back.from_key
)

select
    edges.*,
    answered.arcs_back = 0 and answered.arcs >= {{ least_pairs_without_answer() }} as is_undirected
from edges
cross join answered

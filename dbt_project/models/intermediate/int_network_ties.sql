with members as (
    select * from {{ ref('int_network_members') }}
),

edges as (
    select * from {{ ref('int_network_edges') }}
),

teams as (
    select * from members
    where team <> 'all'
),

-- whether the two ends have teams, and one in common
bordered as (
    select
        edges.month,
        edges.from_key,
        edges.to_key,
        bool_or(senders.team = receivers.team) as is_within_a_team
    from edges
    inner join teams as senders
        on edges.month is not distinct from senders.month and edges.from_key = senders.person_key
    inner join teams as receivers
        on edges.month is not distinct from receivers.month and edges.to_key = receivers.person_key
    group by edges.month, edges.from_key, edges.to_key
),

directed as (
    select
        edges.*,
        back.from_key is not null as is_reciprocated,
        not bordered.is_within_a_team as is_across_teams
    from edges
    left join edges as back
        on edges.month is not distinct from back.month and edges.from_key = back.to_key and edges.to_key = back.from_key
    left join bordered
        on edges.month is not distinct from bordered.month and edges.from_key = bordered.from_key and edges.to_key = bordered.to_key
),

-- an edge touches a team with one end or both; with both it lies inside
ends as (
    select
        directed.*,
        senders.team,
        receivers.person_key is not null as is_inside
    from directed
    inner join members as senders
        on directed.month is not distinct from senders.month and directed.from_key = senders.person_key
    left join members as receivers
        on directed.month is not distinct from receivers.month and directed.to_key = receivers.person_key and senders.team = receivers.team
    union all
    select
        directed.*,
        receivers.team,
        false as is_inside
    from directed
    inner join members as receivers
        on directed.month is not distinct from receivers.month and directed.to_key = receivers.person_key
    left join members as senders
        on directed.month is not distinct from senders.month and directed.from_key = senders.person_key and receivers.team = senders.team
    where senders.person_key is null
)

select
    month,
    team,
    from_key,
    to_key,
    edge_rule,
    is_undirected,
    is_inside,
    is_reciprocated,
    -- a team's border is its own; the company's are those between its teams
    case when team <> 'all' then not is_inside when is_inside then is_across_teams end as is_external
from ends

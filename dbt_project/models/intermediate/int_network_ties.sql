with edges as (
    select * from {{ ref('int_network_edges') }}
),

places as (
    select * from {{ ref('int_network_places') }}
),

-- between members of the company, with the teams of both when the edge was made last
placed as (
    select
        edges.*,
        senders.teams as from_teams,
        receivers.teams as to_teams
    from edges
    {{ join_places_of_both('edges', 'made_in', 'made_at') | indent(4) }}
),

-- an edge touches a team with one end or both; with both it lies inside
ends as (
    select
        *,
        list_contains(from_teams, team) and list_contains(to_teams, team) as is_inside
    from (select *, unnest(list_distinct(list_concat(from_teams, to_teams))) as team from placed) as touched
)

select
    month,
    team,
    from_key,
    to_key,
    edge_rule,
    is_undirected,
    is_inside,
    is_inside and count(*) filter (where is_inside) over (
        partition by month, team, least(from_key, to_key), greatest(from_key, to_key)
    ) = 2 as is_reciprocated,
    -- a team's border is its own; the company's are those between its teams
    case
        when team <> 'all' then not is_inside
        when len(from_teams) > 1 and len(to_teams) > 1 then len(list_intersect(from_teams, to_teams)) = 1
    end as is_external
from ends

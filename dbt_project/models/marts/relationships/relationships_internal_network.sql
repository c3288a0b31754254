with members as (
    select * from {{ ref('int_network_members') }}
),

edges as (
    select * from {{ ref('int_network_edges') }}
),

addresses as (
    select * from {{ ref('int_employee_addresses') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

written as (
    select
        case when grouping(month) = 0 then month end as month,
        from_key,
        count(distinct platform || '|' || interaction_id) as messages
    from addresses
    group by grouping sets ((month, from_key), (from_key))
),

-- every member, those who wrote nothing included
participation as (
    select
        members.month,
        members.team,
        members.members_from,
        coalesce(written.messages, 0) as messages,
        row_number() over (
            partition by members.month, members.team
            order by coalesce(written.messages, 0), members.person_key
        ) as place
    from members
    left join written
        on members.month is not distinct from written.month and members.person_key = written.from_key
),

teams as (
    select
        month,
        team,
        min(members_from) as members_from,
        count(*) as n,
        cast(sum(messages) as bigint) as messages,
        sum(place * messages) as placed_messages
    from participation
    group by month, team
),

reciprocated as (
    select
        edges.*,
        back.from_key is not null as is_reciprocated
    from edges
    left join edges as back
        on edges.month is not distinct from back.month and edges.from_key = back.to_key and edges.to_key = back.from_key
),

-- an edge touches a team with one end or both; with both it lies inside
ends as (
    select
        edges.month,
        senders.team,
        edges.from_key,
        edges.to_key,
        edges.is_reciprocated,
        receivers.person_key is not null as is_inside
    from reciprocated as edges
    inner join members as senders
        on edges.month is not distinct from senders.month and edges.from_key = senders.person_key
    left join members as receivers
        on edges.month is not distinct from receivers.month and edges.to_key = receivers.person_key and senders.team = receivers.team
    union all
    select
        edges.month,
        receivers.team,
        edges.from_key,
        edges.to_key,
        edges.is_reciprocated,
        false as is_inside
    from reciprocated as edges
    inner join members as receivers
        on edges.month is not distinct from receivers.month and edges.to_key = receivers.person_key
    left join members as senders
        on edges.month is not distinct from senders.month and edges.from_key = senders.person_key and receivers.team = senders.team
    where senders.person_key is null
),

ties as (
    select
        month,
        team,
        sum(case when is_inside then 1 else 0 end) as edges,
        sum(case when is_inside and is_reciprocated then 1 else 0 end) as reciprocated_edges,
        sum(case when not is_inside then 1 else 0 end) as outside_edges
    from ends
    group by month, team
),

whole as (
    select month, n
    from teams
    where team = 'all'
),

measured as (
    select
        teams.month,
        teams.team,
        teams.n,
        teams.messages,
        teams.placed_messages,
        teams.members_from,
        cast(coalesce(ties.edges, 0) as bigint) as edges,
        coalesce(ties.reciprocated_edges, 0) as reciprocated_edges,
        coalesce(ties.outside_edges, 0) as outside_edges,
        teams.team <> 'all' and whole.n - teams.n >= 5 as has_outside,
        case when teams.n < 5 then 'fewer than 5 people' end as suppressed_reason
    from teams
    inner join whole on teams.month is not distinct from whole.month
    left join ties on teams.month is not distinct from ties.month and teams.team = ties.team
)

select
    month,
    team,
    case when suppressed_reason is null then n end as n,
    case when suppressed_reason is null then messages end as messages,
    case when suppressed_reason is null then edges end as edges,
    case when suppressed_reason is null then {{ ratio('edges', '(n * (n - 1))') }} end as density,
    case when suppressed_reason is null then {{ ratio('reciprocated_edges', 'edges') }} end as reciprocity,
    case when suppressed_reason is null and has_outside then {{ ratio('(outside_edges - edges)', '(outside_edges + edges)') }} end as ei_index,
    case when suppressed_reason is null and has_outside then {{ ratio('outside_edges', '(outside_edges + edges)') }} end as cross_team_share,
    case
        when suppressed_reason is null and n >= 10
            then {{ ratio('(2 * placed_messages - (n + 1) * messages)', '(n * messages)') }}
    end as gini,
    'census, members from ' || members_from as method,
    coalesce({{ utc_of_reporting('cast(month + interval 1 month as date)') }} <= clock.as_of, true) as is_complete,
    suppressed_reason,
    clock.is_demo
from measured
cross join clock

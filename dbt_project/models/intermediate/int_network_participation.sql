with members as (
    select * from {{ ref('int_network_members') }}
),

addresses as (
    select * from {{ ref('int_employee_addresses') }}
),

places as (
    select * from {{ ref('int_network_places') }}
),

written as (
    select
        places.month,
        places.person_key,
        places.starts_at,
        any_value(places.teams) as teams,
        count(distinct addresses.platform || '|' || addresses.interaction_id) as messages
    from addresses
    inner join places
        on addresses.month = places.month
        and addresses.from_key = places.person_key
        and addresses.occurred_at >= places.starts_at
        and addresses.occurred_at < places.ends_at
    group by places.month, places.person_key, places.starts_at
),

-- all time is the sum of the months: whoever moves leaves to each team what they wrote in it
counted as (
    select
        case when grouping(month) = 0 then month end as month,
        team,
        person_key,
        cast(sum(messages) as bigint) as messages
    from (select month, person_key, messages, unnest(teams) as team from written) as in_teams
    group by grouping sets ((month, team, person_key), (team, person_key))
)

select
    members.month,
    members.team,
    members.person_key,
    members.members_from,
    coalesce(counted.messages, 0) as messages,
    row_number() over (
        partition by members.month, members.team
        order by coalesce(counted.messages, 0), members.person_key
    ) as place
from members
left join counted
    on members.month is not distinct from counted.month
    and members.team = counted.team
    and members.person_key = counted.person_key

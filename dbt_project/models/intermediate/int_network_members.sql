with addresses as (
    select * from {{ ref('int_employee_addresses') }}
),

people as (
    select * from {{ ref('int_people') }}
),

memberships as (
    select * from {{ ref('int_memberships') }}
),

months as (
    select distinct
        month,
        {{ utc_of_reporting('month') }} as starts_at,
        {{ utc_of_reporting('cast(month + interval 1 month as date)') }} as ends_at
    from addresses
    union all
    -- all time
    select null as month, timestamp '0001-01-01' as starts_at, timestamp '9999-12-31' as ends_at
    where exists (select 1 from addresses)
),

-- the directory says who belongs to the company; else the teams do; else those seen in employees' rooms
listed as (
    select
        months.month,
        people.person_key,
        'directory' as members_from
    from months
    inner join people
        on coalesce(months.ends_at > people.started_at, true) and coalesce(months.starts_at <= people.left_at, true)
),

in_team as (
    select
        months.month,
        memberships.person_key,
        memberships.team
    from months
    inner join memberships
        on months.ends_at > memberships.valid_from and coalesce(months.starts_at < memberships.valid_to, true)
),

seen as (
    select month, from_key as person_key from addresses
    union
    select month, to_key as person_key from addresses where to_key is not null
    union
    select null as month, from_key as person_key from addresses
    union
    select null as month, to_key as person_key from addresses where to_key is not null
),

members as (
    select month, 'all' as team, person_key, members_from
    from listed
    union
    select month, 'all' as team, person_key, 'teams' as members_from
    from in_team
    where not exists (select 1 from people)
    union
    select month, 'all' as team, person_key, 'participants' as members_from
    from seen
    where not exists (select 1 from people) and not exists (select 1 from memberships)
)

select month, team, person_key, members_from
from members
union
select
    in_team.month,
    in_team.team,
    in_team.person_key,
    'teams' as members_from
from in_team
inner join members
    on in_team.month is not distinct from members.month and in_team.person_key = members.person_key

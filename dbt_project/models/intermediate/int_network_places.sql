with addresses as (
    select * from {{ ref('int_employee_addresses') }}
),

memberships as (
    select * from {{ ref('int_memberships') }}
),

members as (
    select * from {{ ref('int_network_members') }}
),

months as (
    select
        month,
        {{ utc_of_reporting('month') }} as starts_at,
        {{ utc_of_reporting('cast(month + interval 1 month as date)') }} as ends_at
    from (select distinct month from addresses) as written
),

-- where the dates of all (of the company, or of its teams) lie outside the months of the messages, whoever is listed belongs all the time
listed as (
    select *, count(month) over (partition by team = 'all') = 0 as is_undated
    from members
),

held as (
    select month, person_key, team
    from listed
    where month is not null
    union all
    select months.month, listed.person_key, listed.team
    from listed
    cross join months
    where listed.is_undated and listed.month is null
),

changes as (
    select person_key, valid_from as changed_at from memberships
    union
    select person_key, valid_to as changed_at from memberships where valid_to is not null
),

moments as (
    select distinct held.month, held.person_key, months.starts_at, months.ends_at
    from held
    inner join months on held.month = months.month
    where held.team = 'all'
),

beginnings as (
    select month, person_key, starts_at, ends_at from moments
    union
    select moments.month, moments.person_key, changes.changed_at as starts_at, moments.ends_at
    from moments
    inner join changes
        on moments.person_key = changes.person_key and moments.starts_at < changes.changed_at and moments.ends_at > changes.changed_at
),

spells as (
    select
        month,
        person_key,
        starts_at,
        coalesce(lead(starts_at) over (partition by month, person_key order by starts_at), ends_at) as ends_at
    from beginnings
),

in_teams as (
    select
        spells.month,
        spells.person_key,
        spells.starts_at,
        spells.ends_at,
        held.team,
        count(memberships.team) > 0 as is_at_the_time
    from spells
    inner join held on spells.month = held.month and spells.person_key = held.person_key
    left join memberships
        on held.person_key = memberships.person_key
        and held.team = memberships.team
        and spells.starts_at >= memberships.valid_from
        and spells.starts_at < coalesce(memberships.valid_to, timestamp '9999-12-31')
    group by spells.month, spells.person_key, spells.starts_at, spells.ends_at, held.team
),

-- who has no team for some days of a month has those of the month
placed as (
    select *, bool_or(is_at_the_time) over (partition by month, person_key, starts_at) as has_a_team
    from in_teams
)

select
    month,
    person_key,
    starts_at,
    ends_at,
    list(team order by team) as teams
from placed
where team = 'all' or is_at_the_time or not has_a_team
group by month, person_key, starts_at, ends_at

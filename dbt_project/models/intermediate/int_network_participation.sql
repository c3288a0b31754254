with members as (
    select * from {{ ref('int_network_members') }}
),

addresses as (
    select * from {{ ref('int_employee_addresses') }}
),

written as (
    select
        case when grouping(month) = 0 then month end as month,
        from_key,
        count(distinct platform || '|' || interaction_id) as messages
    from addresses
    group by grouping sets ((month, from_key), (from_key))
)

select
    members.month,
    members.team,
    members.person_key,
    members.members_from,
    coalesce(written.messages, 0) as messages,
    row_number() over (
        partition by members.month, members.team
        order by coalesce(written.messages, 0), members.person_key
    ) as place
from members
left join written
    on members.month is not distinct from written.month and members.person_key = written.from_key

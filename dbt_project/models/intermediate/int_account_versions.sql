with accounts as (
    select account_id, source from {{ ref('int_accounts') }}
),

every_row as (
    {{ every_row('accounts') }}
),

-- another source's created_at is when that source met the company, not when it changed sides
given as (
    select
        every_row.account_id,
        every_row.role,
        coalesce(every_row.created_at, timestamp '0001-01-01') as given_from,
        every_row._observed_at,
        every_row._file,
        every_row._line
    from every_row
    inner join accounts on every_row.account_id = accounts.account_id and every_row.source = accounts.source
    where every_row.role is not null
),

-- rows of one time: the one that int_accounts takes
at_a_time as (
    select
        *,
        row_number() over (
            partition by account_id, given_from order by _observed_at desc nulls last, _file desc, _line desc
        ) as place
    from given
),

-- an export that repeats a role is no change
changes as (
    select account_id, role, given_from
    from (
        select
            *,
            lag(role) over (partition by account_id order by given_from) as earlier_role
        from at_a_time
        where place = 1
    ) as ordered
    where role is distinct from earlier_role
),

spans as (
    select
        *,
        row_number() over (partition by account_id order by given_from) as version,
        lead(given_from) over (partition by account_id order by given_from) as next_from
    from changes
)

select
    account_id,
    role,
    case when version = 1 then timestamp '0001-01-01' else given_from end as valid_from,
    coalesce(next_from, timestamp '9999-12-31') as valid_to,
    version > 1 as is_dated
from spans

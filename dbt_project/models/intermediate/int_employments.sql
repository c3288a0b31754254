with people as (
    select * from {{ ref('int_people') }}
),

-- the last day is worked; who is in a team and not in the directory is employed as long as the team has them
terms as (
    select
        person_key,
        coalesce(started_at, timestamp '0001-01-01') as valid_from,
        coalesce(cast(cast(left_at as date) + interval 1 day as timestamp), timestamp '9999-12-31') as valid_to
    from people
    union
    select
        person_key,
        valid_from,
        coalesce(valid_to, timestamp '9999-12-31') as valid_to
    from {{ ref('int_memberships') }} as memberships
    where not exists (select 1 from people where people.person_key = memberships.person_key)
),

-- teams at one time or one after the other are one employment
bordered as (
    select
        *,
        coalesce(
            valid_from > max(valid_to) over (
                partition by person_key order by valid_from, valid_to rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_new
    from terms
    where valid_from < valid_to
),

numbered as (
    select
        *,
        sum(case when is_new then 1 else 0 end) over (
            partition by person_key order by valid_from, valid_to rows between unbounded preceding and current row
        ) as employment
    from bordered
)

select
    person_key,
    min(valid_from) as valid_from,
    max(valid_to) as valid_to
from numbered
group by person_key, employment

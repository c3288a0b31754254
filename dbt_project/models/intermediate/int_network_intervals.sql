{% set cell = 'month, team' -%}
with participation as (
    select *, count(*) over (partition by {{ cell }}) as n
    from {{ ref('int_network_participation') }}
),

ties as (
    select * from {{ ref('int_network_ties') }}
    where is_external is not null
),

sizes as (
    select
        {{ cell }},
        max(n) as members,
        max(max(n)) over (partition by month) as company
    from participation
    group by {{ cell }}
),

-- both directions between two people are one pair
pairs as (
    select
        {{ cell }},
        least(from_key, to_key) as one_key,
        greatest(from_key, to_key) as other_key,
        count(*) as m,
        count(*) filter (where is_external) as x
    from ties
    group by {{ cell }}, least(from_key, to_key), greatest(from_key, to_key)
),

pair_sums as (
    select
        {{ cell }},
        sum(m) as m,
        sum(x) as x,
        sum(x * x) as sum_xx,
        sum(x * m) as sum_xm,
        sum(m * m) as sum_mm
    from pairs
    group by {{ cell }}
),

ends as (
    select {{ cell }}, one_key as person_key, x, m from pairs
    union all
    select {{ cell }}, other_key as person_key, x, m from pairs
),

persons as (
    select {{ cell }}, person_key, sum(x) as x, sum(m) as m
    from ends
    group by {{ cell }}, person_key
),

-- members of the team, and those beyond its border
sided as (
    select persons.*, participation.person_key is not null as is_member
    from persons
    left join participation
        on persons.month is not distinct from participation.month
        and persons.team = participation.team
        and persons.person_key = participation.person_key
),

side_sums as (
    select
        {{ cell }},
        is_member,
        count(*) as persons,
        sum(x) as x,
        sum(m) as m,
        sum(x * x) as sum_xx,
        sum(x * m) as sum_xm,
        sum(m * m) as sum_mm
    from sided
    group by {{ cell }}, is_member
),

-- of each side how far its people's ties surprise, those without any among them
side_spreads as (
    select
        side_sums.month,
        side_sums.team,
        side_sums.is_member,
        cast(pair_sums.x as double) / pair_sums.m as share,
        greatest(side_sums.persons, case when side_sums.is_member then sizes.members else sizes.company - sizes.members end) as n,
        side_sums.sum_xx - 2 * share * side_sums.sum_xm + share * share * side_sums.sum_mm as squares,
        side_sums.x - share * side_sums.m as total
    from side_sums
    inner join pair_sums on side_sums.month is not distinct from pair_sums.month and side_sums.team = pair_sums.team
    inner join sizes on side_sums.month is not distinct from sizes.month and side_sums.team = sizes.team
),

side_variances as (
    select
        {{ cell }},
        sum(case when is_member then n end) as members,
        sum(case when n > 1 then (squares - total * total / n) * n / (n - 1.0) end order by is_member) as spread
    from side_spreads
    group by {{ cell }}
),

-- a pair surprises at both of its ends, and counts once; never less than of independent ties
measured as (
    select
        pair_sums.month,
        pair_sums.team,
        side_variances.members,
        cast(pair_sums.m as bigint) as ties,
        cast(pair_sums.x as double) / pair_sums.m as share,
        greatest(
            side_variances.spread - (pair_sums.sum_xx - 2 * share * pair_sums.sum_xm + share * share * pair_sums.sum_mm),
            share * (1 - share) * pair_sums.m
        ) as spread
    from pair_sums
    inner join side_variances on pair_sums.month is not distinct from side_variances.month and pair_sums.team = side_variances.team
),

sized as (
    select
        *,
        case when spread > 0 then share * (1 - share) * ties * ties / spread else ties end as n_eff,
        {{ t_quantile('(members - 1)') }} as quantile
    from measured
    where members > 1
),

numerous as (
    select * from participation
    where n >= 10
),

ginis as (
    {{ gini_estimates('numerous', cell) | indent(4) }}
)

select
    {{ cell }},
    'cross_team_share' as measure,
    {{ wilson_lower('share', 'n_eff', 'quantile') }} as lo,
    {{ wilson_upper('share', 'n_eff', 'quantile') }} as hi
from sized
union all
select
    {{ cell }},
    'gini' as measure,
    lo,
    hi
from ginis

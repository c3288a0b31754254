with participation as (
    select * from {{ ref('int_network_participation') }}
),

places as (
    select * from {{ ref('int_network_places') }}
),

sizes as (
    select month, team, count(*) as n
    from participation
    group by month, team
),

-- the company's months add up to all time: beside one that is not shown the first goes, so that the same one stays hidden as time goes on
company as (
    select
        month,
        month is not null
        and row_number() over (partition by month is null, n < {{ least_colleagues() }} order by month) = 1
        and min(n) filter (where month is not null) over () < {{ least_colleagues() }} as is_beside_a_small_one
    from sizes
    where team = 'all'
    qualify n >= {{ least_colleagues() }}
),

whole as (
    select month from company where not is_beside_a_small_one
),

-- whoever moved within the month counts where they were last, so that nobody counts twice
counted as (
    select
        month,
        teams,
        row_number() over (partition by month, person_key order by starts_at desc) = 1 as is_last
    from places
),

cells as (
    select
        month as period,
        month as part,
        cast([] as text []) as known,
        teams,
        count(*) filter (where is_last) as people
    from counted
    group by month, teams
),

large as (
    select
        sizes.month,
        sizes.team,
        row_number() over (partition by sizes.month order by sizes.n desc, sizes.team desc) as turn
    from sizes
    inner join whole on sizes.month is not distinct from whole.month
    where sizes.n >= {{ least_colleagues() }} and sizes.team <> 'all'
),

turns as (
    select
        month as period,
        team,
        turn,
        false as is_sum
    from large
    where month is not null
),

{{ tried_in_turn('tried', 'cells', 'turns') }},

team_months as (
    select
        written.period as month,
        written.team,
        coalesce(tried.is_shown, false) as is_shown
    from (select distinct period, unnest(teams) as team from cells) as written
    left join tried on written.period = tried.period and written.team = tried.team
    where written.team <> 'all'
),

-- months of a team add up to its total as well
told_months as (
    select
        month,
        team,
        row_number() over (partition by team order by month) = 1 and count(*) over (partition by team) < months as is_beside_a_hidden_one
    from (select *, count(*) over (partition by team) as months from team_months) as counted_months
    where is_shown
),

known as (
    select month, list(team order by team) as known
    from told_months
    where not is_beside_a_hidden_one
    group by month
),

known_teams as (
    select team, count(*) = count(*) filter (where is_shown) as is_sum
    from team_months
    group by team
),

-- all time is one period whose parts are the months
cells_of_all_time as (
    select
        date '0001-01-01' as period,
        cells.part,
        coalesce(known.known, cells.known) as known,
        cells.teams,
        cells.people
    from cells
    left join known on cells.part = known.month
),

turns_of_all_time as (
    select
        date '0001-01-01' as period,
        large.team,
        large.turn,
        coalesce(known_teams.is_sum, true) as is_sum
    from large
    left join known_teams on large.team = known_teams.team
    where large.month is null
),

{{ tried_in_turn('tried_for_all_time', 'cells_of_all_time', 'turns_of_all_time') }},

results as (
    select
        month,
        'all' as team,
        true as is_shown,
        false as is_rest
    from whole
    union all
    select
        tried.period as month,
        tried.team,
        tried.is_shown and not told_months.is_beside_a_hidden_one as is_shown,
        tried.is_rest
    from tried
    left join told_months on tried.period = told_months.month and tried.team = told_months.team
    union all
    select
        null as month,
        team,
        is_shown,
        is_rest
    from tried_for_all_time
)

select
    sizes.month,
    sizes.team,
    case
        when sizes.n < {{ least_colleagues() }} then 'fewer than {{ least_colleagues() }} people'
        when results.is_shown then null
        when results.is_rest then 'the rest of the company would be fewer than {{ least_colleagues() }} people'
        else 'would tell a group of fewer than {{ least_colleagues() }} people by subtraction'
    end as suppressed_reason
from sizes
left join results on sizes.month is not distinct from results.month and sizes.team = results.team

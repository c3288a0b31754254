with participation as (
    select * from {{ ref('int_network_participation') }}
),

ties as (
    select * from {{ ref('int_network_ties') }}
),

intervals as (
    select * from {{ ref('int_network_intervals') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- who wrote how much: whoever leaves takes edges from others, too, which are not what they did otherwise
{{ prints_of_cells('participation', ['month', 'team'], 'person_key', ['person_key', 'messages']) }},

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

-- people whom no team of five or more covers stand out against the company's row: then the smallest teams are not shown either
ordered as (
    select
        *,
        case when team <> 'all' then row_number() over (
            partition by month, team <> 'all'
            order by case when n < {{ least_colleagues() }} then 0 else 1 end, n, team
        ) end as smallness,
        count(*) filter (where team <> 'all' and n < {{ least_colleagues() }}) over (partition by month) as small_teams,
        count(*) filter (where team <> 'all' and n >= {{ least_colleagues() }}) over (partition by month) as shown_teams
    from teams
),

-- of each person the largest team
covered as (
    select
        participation.month,
        participation.person_key,
        coalesce(max(ordered.smallness), 0) as covered_by
    from participation
    inner join ordered on participation.month is not distinct from ordered.month and participation.team = ordered.team
    group by participation.month, participation.person_key
),

-- were all teams up to this place not shown, how many people would no shown team cover?
hiding as (
    select
        ordered.month,
        ordered.smallness,
        count(covered.person_key) as left_over
    from (
        select month, smallness from ordered where smallness is not null and smallness >= small_teams
        union
        select month, small_teams as smallness from ordered
    ) as ordered
    left join covered on ordered.month is not distinct from covered.month and ordered.smallness >= covered.covered_by
    group by ordered.month, ordered.smallness
),

hidden as (
    select month, min(smallness) as up_to
    from hiding
    where left_over = 0 or left_over >= {{ least_colleagues() }}
    group by month
),

tied as (
    select
        month,
        team,
        count(*) filter (where is_inside) as edges,
        count(*) filter (where is_inside and is_reciprocated) as reciprocated_edges,
        -- two edges between the same two people are one tie
        count(*) filter (where is_inside and not (is_reciprocated and from_key > to_key)) as ties,
        count(*) filter (where is_external) as external_edges,
        count(*) filter (where is_external is not null) as bordered_edges,
        min(case when edge_rule like 'one message%' then edge_rule end) as odd_rule,
        bool_or(is_undirected) as is_undirected
    from ties
    group by month, team
),

whole as (
    select month, n
    from teams
    where team = 'all'
),

measured as (
    select
        ordered.month,
        ordered.team,
        ordered.n,
        ordered.messages,
        ordered.placed_messages,
        ordered.members_from,
        tied.odd_rule,
        coalesce(tied.is_undirected, false) as is_undirected,
        coalesce(tied.edges, 0) as edges,
        coalesce(tied.ties, 0) as ties,
        coalesce(tied.reciprocated_edges, 0) as reciprocated_edges,
        coalesce(tied.external_edges, 0) as external_edges,
        coalesce(tied.bordered_edges, 0) as bordered_edges,
        case
            when ordered.team = 'all' then ordered.shown_teams >= 2
            else whole.n - ordered.n >= {{ least_colleagues() }}
        end as has_outside,
        case
            when ordered.n < {{ least_colleagues() }} then 'fewer than {{ least_colleagues() }} people'
            when ordered.smallness <= hidden.up_to then 'the rest of the company would be fewer than {{ least_colleagues() }} people'
        end as suppressed_reason
    from ordered
    inner join whole on ordered.month is not distinct from whole.month
    left join hidden on ordered.month is not distinct from hidden.month
    left join tied on ordered.month is not distinct from tied.month and ordered.team = tied.team
),

-- messages of months add up to those of all time: a month that is not shown needs a second one, and among them one of five people
-- or more; the first goes, so that the same one stays hidden as time goes on
over_time as (
    select
        *,
        count(*) filter (where month is not null and suppressed_reason is not null) over (partition by team) as hidden_months,
        max(case when month is not null and suppressed_reason is not null then n end) over (partition by team) as largest_hidden,
        bool_or(month is null and suppressed_reason is null) over (partition by team) as is_whole_shown,
        bool_or(month is null and suppressed_reason is not null) over (partition by team) as is_whole_hidden,
        row_number() over (
            partition by team, month is null, suppressed_reason is null
            order by month
        ) as place
    from measured
),

closed as (
    select
        * exclude (suppressed_reason),
        case
            when suppressed_reason is not null or month is null or place > 1 then suppressed_reason
            when
                case
                    when is_whole_shown then hidden_months > 0 and (hidden_months < 2 or largest_hidden < {{ least_colleagues() }})
                    else is_whole_hidden and hidden_months = 0
                end
                then 'would tell a group of fewer than {{ least_colleagues() }} people by subtraction'
        end as suppressed_reason
    from over_time
),

estimated as (
    select
        measured.month,
        measured.team,
        measured.n,
        measured.messages,
        measured.edges,
        {{ ratio('(case when measured.is_undirected then 2 * measured.ties else measured.edges end)', '(measured.n * (measured.n - 1))') }} as density,
        case when not measured.is_undirected then {{ ratio('measured.reciprocated_edges', 'measured.edges') }} end as reciprocity,
        measured.ties,
        {{ ratio('2 * measured.ties', '(measured.n * (measured.n - 1))') }} as tie_density,
        case
            when measured.has_outside
                then {{ ratio('(2 * measured.external_edges - measured.bordered_edges)', 'measured.bordered_edges') }}
        end as ei_index,
        case when measured.has_outside then {{ published_double('(2 * shares.lo - 1)') }} end as ei_index_lo,
        case when measured.has_outside then {{ published_double('(2 * shares.hi - 1)') }} end as ei_index_hi,
        case when measured.has_outside then {{ ratio('measured.external_edges', 'measured.bordered_edges') }} end as cross_team_share,
        case when measured.has_outside then {{ published_double('shares.lo') }} end as cross_team_share_lo,
        case when measured.has_outside then {{ published_double('shares.hi') }} end as cross_team_share_hi,
        case
            when measured.n >= 10
                then {{ ratio('(2 * measured.placed_messages - (measured.n + 1) * measured.messages)', '(measured.n * measured.messages)') }}
        end as gini,
        case when measured.n >= 10 then {{ published_double('ginis.lo') }} end as gini_lo,
        case when measured.n >= 10 then {{ published_double('ginis.hi') }} end as gini_hi,
        'census, members from ' || measured.members_from
        || coalesce('; an edge is ' || measured.odd_rule, '')
        || case when measured.is_undirected then '; without direction, since nobody ever wrote back' else '' end as method,
        measured.suppressed_reason
    from closed as measured
    left join intervals as shares
        on measured.month is not distinct from shares.month and measured.team = shares.team and shares.measure = 'cross_team_share'
    left join intervals as ginis
        on measured.month is not distinct from ginis.month and measured.team = ginis.team and ginis.measure = 'gini'
)

select
    {{ key_number(['estimated.month', 'estimated.team']) }} as cell,
    -- with the next month all months are told anew, in a batch: METRICS, section 6
    '2|' || cast({{ month_of('clock.as_of_date') }} as text) as recipe,
    estimated.month,
    estimated.team,
    estimated.n as people,
    prints.prints,
    {%- for column in told_network_values() if column != 'method' %}
    case when estimated.suppressed_reason is null then estimated.{{ column }} end as {{ column }},
    {%- endfor %}
    estimated.method,
    estimated.suppressed_reason
from estimated
cross join clock
left join prints on estimated.month is not distinct from prints.month and estimated.team = prints.team

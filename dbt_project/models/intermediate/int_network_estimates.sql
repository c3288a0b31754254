with participation as (
    select * from {{ ref('int_network_participation') }}
),

ties as (
    select * from {{ ref('int_network_ties') }}
),

intervals as (
    select * from {{ ref('int_network_intervals') }}
),

shown as (
    select * from {{ ref('int_network_shown') }}
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

companies as (
    select
        month,
        max(n) as n,
        count(*) filter (where team <> 'all' and n >= {{ least_colleagues() }}) as large_teams
    from teams
    group by month
),

measured as (
    select
        teams.month,
        teams.team,
        teams.n,
        teams.messages,
        teams.placed_messages,
        teams.members_from,
        tied.odd_rule,
        coalesce(tied.is_undirected, false) as is_undirected,
        coalesce(tied.edges, 0) as edges,
        coalesce(tied.ties, 0) as ties,
        coalesce(tied.reciprocated_edges, 0) as reciprocated_edges,
        coalesce(tied.external_edges, 0) as external_edges,
        coalesce(tied.bordered_edges, 0) as bordered_edges,
        case
            when teams.team = 'all' then companies.large_teams >= 2
            else companies.n - teams.n >= {{ least_colleagues() }}
        end as has_outside,
        shown.suppressed_reason
    from teams
    inner join companies on teams.month is not distinct from companies.month
    inner join shown on teams.month is not distinct from shown.month and teams.team = shown.team
    left join tied on teams.month is not distinct from tied.month and teams.team = tied.team
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
    from measured
    left join intervals as shares
        on measured.month is not distinct from shares.month and measured.team = shares.team and shares.measure = 'cross_team_share'
    left join intervals as ginis
        on measured.month is not distinct from ginis.month and measured.team = ginis.team and ginis.measure = 'gini'
)

select
    {{ key_number(['estimated.month', 'estimated.team']) }} as cell,
    -- with the next month all months are told anew, in a batch: METRICS, section 6
    '3|' || cast({{ month_of('clock.as_of_date') }} as text) as recipe,
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

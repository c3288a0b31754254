{# The network of colleagues. #}

{% macro least_colleagues() -%}
{#- Groups of fewer employees are not shown (METRICS, privacy). -#}
{{ return(5) }}
{%- endmacro %}

{% macro least_pairs_without_answer() -%}
{#- So many pairs, none of them mutual, are no chance where one tie in five or six is mutual (.82 ^ 15 = .05): then it is a graph without direction. -#}
{{ return(15) }}
{%- endmacro %}

{% macro network_missing_because(column) -%}
{#- Why a row of relationships.internal_network has no figure in a column; NULL where it has one. -#}
case
    when {{ column }} is null then coalesce(
        suppressed_reason,
        case when method like '%without direction%' then 'the graph has no direction' else 'too few people or ties on a side' end
    )
end
{%- endmacro %}

{% macro network_interval(column) -%}
{#- How the limits of a figure of relationships.internal_network came about, to stand before its method; nothing where it has none. -#}
{%- set of_ties = 'Wilson at the effective number of ties, t(K-1), pairs go together where they share a person; ' -%}
{{ return({
    'ei_index': of_ties,
    'cross_team_share': of_ties,
    'gini': 'jackknife on the logit, t over members, upper limit for skewness (Johnson); ',
}.get(column, '')) }}
{%- endmacro %}

{% macro tried_in_turn(name, cells, turns) -%}
{#-
  The recursive CTE `name`: in each period the teams are tried one by one, `turns` (period, team, turn, is_sum) says in which order, and each is shown if nothing
  follows of fewer people than may be told. `cells` (period, part, known, teams, people) are the people by all their teams, `known` those of
  which the part's own figures are shown; `kept` are the teams shown so far. A place is what the teams shown make no difference in: any
  sum that follows from them takes all people of a place alike. So one more team is safe
  - where it divides a place into two sides that may both be told: then whatever follows with its help says something of one of the two;
  - where it is known already: the sum of its parts (is_sum), or a whole place that remains of a larger team, or of the company, beside the teams shown
    within it, as long as all of these lie one inside the other or apart (is_nested).
  It is on the safe side: in a company with people in two teams a last one may be hidden that could be shown.
-#}
{{ name }} as (
    select distinct
        period,
        cast(0 as bigint) as turn,
        cast(null as text) as team,
        false as is_shown,
        false as is_rest,
        ['all'] as kept,
        true as is_nested
    from {{ turns }}
    union all
    select
        period,
        turn,
        team,
        is_shown,
        is_rest,
        case when is_shown then list_append(kept, team) else kept end as kept,
        is_nested and (not is_shown or whole_places + divided_places = 1) as is_nested
    from (
        select
            period,
            turn,
            team,
            kept,
            is_nested,
            bool_or(is_rest) as is_rest,
            count(*) filter (where is_whole) as whole_places,
            count(*) filter (where not is_whole) as divided_places,
            is_sum or bool_or(is_divided_well) or is_nested and whole_places = 1 and divided_places = 0 as is_shown
        from (
            -- places of all parts together: of these the shown figures of the period itself are sums
            select
                period,
                turn,
                team,
                kept,
                is_nested,
                is_sum,
                bool_and(is_inside) as is_whole,
                bool_or(inside >= {{ least_colleagues() }} and outside >= {{ least_colleagues() }}) as is_divided_well,
                bool_or(place = ['all'] and is_touched and outside between 1 and {{ least_colleagues() - 1 }}) as is_rest
            from (
                select
                    turns.period,
                    turns.turn,
                    turns.team,
                    turns.is_sum,
                    before.kept,
                    before.is_nested,
                    list_filter(cells.teams, own -> list_contains(cells.known, own) or list_contains(before.kept, own)) as place,
                    list_filter(cells.teams, own -> list_contains(before.kept, own)) as place_of_all,
                    bool_and(list_contains(cells.teams, turns.team)) as is_inside,
                    bool_or(list_contains(cells.teams, turns.team)) as is_touched,
                    coalesce(sum(cells.people) filter (where list_contains(cells.teams, turns.team)), 0) as inside,
                    coalesce(sum(cells.people) filter (where not list_contains(cells.teams, turns.team)), 0) as outside
                from {{ name }} as before
                inner join {{ turns }} as turns on before.period = turns.period and before.turn + 1 = turns.turn
                inner join {{ cells }} as cells on before.period = cells.period
                group by
                    turns.period, turns.turn, turns.team, turns.is_sum, before.kept, before.is_nested, cells.part, place, place_of_all
            ) as places
            group by period, turn, team, kept, is_nested, is_sum, place_of_all
            having bool_or(is_touched)
        ) as touched
        group by period, turn, team, kept, is_nested, is_sum
    ) as tried
)
{%- endmacro %}

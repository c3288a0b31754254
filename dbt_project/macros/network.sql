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
  The CTE `name` (period, team, is_shown, is_rest), after what it is made of: in each period the teams are tried one by one, and each is shown if nothing follows of
  fewer people than may be told. `cells` (period, part, known, teams, people) are the people by all their teams, `turns` (period, team, turn, is_sum) say in which
  order teams are tried. The rules stand in pipelines/overlaps.py.
-#}
{{ name }}_people as (
    select period, list({'part': part, 'known': known, 'teams': teams, 'people': people}) as cells
    from {{ cells }}
    group by period
),

{{ name }}_order as (
    select period, list({'team': team, 'is_sum': is_sum} order by turn) as turns
    from {{ turns }}
    group by period
),

{{ name }}_results as (
    select people.period, unnest(teams_in_turn(people.cells, teams.turns, {{ least_colleagues() }})) as result
    from {{ name }}_people as people
    inner join {{ name }}_order as teams on people.period = teams.period
),

{{ name }} as (
    select period, result['team'] as team, result['is_shown'] as is_shown, result['is_rest'] as is_rest
    from {{ name }}_results
)
{%- endmacro %}

{% macro join_places_of_both(messages, month, at) -%}
{#- Joins `places` as `senders` and `receivers`: what is between people who were both members of the company then, a month and a time of `messages`. -#}
{% for end, key in {'senders': 'from_key', 'receivers': 'to_key'}.items() -%}
inner join places as {{ end }}
    on {{ messages }}.{{ month }} = {{ end }}.month
    and {{ messages }}.{{ key }} = {{ end }}.person_key
    and {{ messages }}.{{ at }} >= {{ end }}.starts_at
    and {{ messages }}.{{ at }} < {{ end }}.ends_at
{% endfor -%}
{%- endmacro %}

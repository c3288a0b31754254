{# k-anonymity over nested cells: METRICS, section 6. #}

{% macro k_people() -%}{{ return(10) }}{%- endmacro %}

{% macro least_on_a_side() -%}
{#- Colleagues on each side of a share of them: who did it, and who did not. -#}
{{ return(3) }}
{%- endmacro %}

{% macro one_sided() -%}fewer than {{ least_on_a_side() }} on a side of a share of colleagues{%- endmacro %}

{% macro beside_teams() -%}
{#- Colleagues who are not in exactly one of the teams that can be told: what the company has and the sum over teams has not, or has twice. -#}
(several teams or none)
{%- endmacro %}

{% macro is_one_sided(with, without) -%}
{#- Whether a share tells of all of them but a few, or of none. Needs audience and unit of the same row. -#}
coalesce(audience = 'employees' and unit = 'share' and least({{ with }}, {{ without }}) < {{ least_on_a_side() }}, false)
{%- endmacro %}

{% macro hidden_by_closure(cells, edges, hidden='false', of_people='false') -%}
{#-
  The CTE `hidden` (cell), after `hidden_names`: which of `cells` (cell, people) may not be shown, so that nothing follows of fewer people than may be told from what is; `edges`
  (family, parent, child, loss) say what is a sum of what. `hidden` and `of_people` are conditions: what is hidden already, and what counts each of its
  people once. The rules stand in pipelines/suppression.py.
-#}
hidden_names as (
    select unnest(hidden_cells(
        (
            select list({
                'cell': cast(cell as text), 'people': cast(people as bigint), 'is_hidden': {{ hidden }}, 'is_of_people': {{ of_people }}
            } order by cell)
            from {{ cells }}
        ),
        (
            select list({'family': family, 'parent': cast(parent as text), 'child': cast(child as text), 'loss': cast(loss as bigint)})
            from {{ edges }}
        ),
        {{ k_people() }}
    )) as cell
),

hidden as (
    select cells.cell
    from {{ cells }} as cells
    inner join hidden_names on cast(cells.cell as text) = hidden_names.cell
)
{%- endmacro %}

{% macro indicator_cut() -%}{{ return(['audience', 'platform', 'profile_id', 'dimension', 'dimension_value']) }}{%- endmacro %}

{% macro cell_number() -%}
{#- Cells of relationships.indicators in an order that does not hang on what is in them. -#}
row_number() over (
    order by
        indicator,
        period_kind,
        period_start nulls first,
        {{ indicator_cut() | join(', ') }}
)
{%- endmacro %}

{% macro families_of_cells(cells, parents_of=none) -%}
{#-
  CTE `edges` of cells of relationships.indicators. A family is a parent (of these cells, or of `parents_of`) and all that it is the sum of in one direction. Hiding a group takes as
  much from readers as it has people; of periods the first goes, since everybody looks at the last, and so that the same one stays hidden as time goes on.
  Teams overlap: those that are not `is_apart` (fewer than k people in them alone) are hidden and no members; whoever is not in exactly one of the
  others is a member, and never shown. A sum of company and teams then holds the k people of some team, or it is the company less all these teams,
  and what is left is that member.
-#}
{% set parents = {
    'platforms': "child.platform <> 'all' and child.profile_id = 'all' and parent.platform = 'all' and parent.profile_id = 'all'
        and parent.dimension = child.dimension and parent.dimension_value = child.dimension_value and " ~ 'SAME_PERIOD',
    'profiles': "child.profile_id <> 'all' and parent.profile_id = 'all' and parent.platform = child.platform
        and parent.dimension = child.dimension and parent.dimension_value = child.dimension_value and " ~ 'SAME_PERIOD',
    'dimensions': "child.dimension not in ('all', 'clock') and child.is_apart and parent.dimension = 'all' and parent.platform = child.platform
        and parent.profile_id = child.profile_id and " ~ 'SAME_PERIOD',
} -%}
{% set periods = {'month': 'quarter', 'quarter': 'year', 'year': 'all'} -%}
edges as (
    {% for direction, condition in parents.items() -%}
    select
        parent.cell || '|{{ direction }}|' || child.dimension as family,
        parent.cell as parent,
        child.cell as child,
        case when child.dimension_value = '{{ beside_teams() }}' then 0 else child.people end as loss
    from {{ parents_of or cells }} as parent
    inner join {{ cells }} as child
        on parent.indicator = child.indicator
        and parent.audience = child.audience
        and {{ condition | replace('SAME_PERIOD', 'parent.period_kind = child.period_kind and parent.period_start is not distinct from child.period_start') }}
    union all
    {% endfor -%}
    {% for finer, coarser in periods.items() -%}
    select parent.cell || '|{{ finer }}' as family, parent.cell as parent, child.cell as child, 0 as loss
    from {{ parents_of or cells }} as parent
    inner join {{ cells }} as child
        on parent.indicator = child.indicator
        {% for column in indicator_cut() -%}
        and parent.{{ column }} = child.{{ column }}
        {% endfor -%}
        and child.dimension_value <> '{{ beside_teams() }}'
        and parent.period_kind = '{{ coarser }}'
        and child.period_kind = '{{ finer }}'
        {% if coarser != 'all' -%}
        and parent.period_start = date_trunc('{{ coarser }}', child.period_start)
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)
{%- endmacro %}

{% macro few_private(is_private, cell=none) -%}
{#- Whether the private customers of a cell are somebody, and too few to be told: a cell of companies goes without them, and says so. -#}
sum(case when {{ is_private }} then 1 else 0 end) over ({{ 'partition by ' ~ cell if cell }}) between 1 and {{ k_people() - 1 }}
{%- endmacro %}

{% macro few_private_note(are_few) -%}
case when {{ are_few }} then '; without fewer than {{ k_people() }} private customers' else '' end
{%- endmacro %}

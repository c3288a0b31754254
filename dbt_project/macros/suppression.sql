{# k-anonymity over nested cells: METRICS, section 6. #}

{% macro k_people() -%}{{ return(10) }}{%- endmacro %}

{% macro suppression_rounds() -%}12{%- endmacro %}

{% macro hidden_by_closure(cells, edges, k=10) -%}
{#-
  CTEs `hidden_<round>` over `cells` (cell, people) and `edges` (family, parent, child, loss): which cells may not be shown, so that what
  remains of a shown parent without its shown children is nobody or at least k people, in every family at once.
  A cell of fewer than k people is hidden. A family with a hidden child and a shown parent needs a second one, and among them one
  of at least k people: else the rest could be told by subtraction; a hidden parent needs a hidden child, else the sum of the
  children tells it. The shown child with the least loss is hidden then, the first of equals. What a round hides may open another family, so it is repeated until nothing changes.
-#}
hidden_0 as (
    select cell from {{ cells }} where people between 1 and {{ k - 1 }}
),
{% for round in range(1, (suppression_rounds() | int) + 1) %}
families_{{ round }} as (
    select
        edges.family,
        edges.child,
        edges.loss,
        children.people,
        hidden.cell is not null as is_hidden,
        parents.cell is null as is_parent_shown,
        count(hidden.cell) over (partition by edges.family) as hidden_children,
        max(case when hidden.cell is not null then children.people end) over (partition by edges.family) as largest_hidden
    from {{ edges }} as edges
    inner join {{ cells }} as children on edges.child = children.cell
    left join hidden_{{ round - 1 }} as hidden on edges.child = hidden.cell
    left join hidden_{{ round - 1 }} as parents on edges.parent = parents.cell
),

hidden_{{ round }} as (
    select cell from hidden_{{ round - 1 }}
    union
    select child as cell
    from (
        select
            child,
            row_number() over (partition by family order by loss, child) as place
        from families_{{ round }}
        where not is_hidden
            and case
                when is_parent_shown then hidden_children > 0 and (hidden_children < 2 or largest_hidden < {{ k }})
                else hidden_children = 0
            end
    ) as smallest
    where place = 1
){{ ',' if not loop.last }}
{% endfor %}
{%- endmacro %}

{% set parents = {
    'platforms': "child.platform <> 'all' and child.profile_id = 'all' and parent.platform = 'all' and parent.profile_id = 'all'
        and parent.dimension = child.dimension and parent.dimension_value = child.dimension_value and " ~ 'SAME_PERIOD',
    'profiles': "child.profile_id <> 'all' and parent.profile_id = 'all' and parent.platform = child.platform
        and parent.dimension = child.dimension and parent.dimension_value = child.dimension_value and " ~ 'SAME_PERIOD',
    'dimensions': "child.dimension not in ('all', 'clock') and parent.dimension = 'all' and parent.platform = child.platform
        and parent.profile_id = child.profile_id and " ~ 'SAME_PERIOD',
} -%}
{% set periods = {'month': 'quarter', 'quarter': 'year', 'year': 'all'} -%}
{% set cut = ['audience', 'platform', 'profile_id', 'dimension', 'dimension_value'] -%}

with cells as (
    select
        row_number() over (
            order by
                indicator,
                period_kind,
                period_start nulls first,
                {{ cut | join(', ') }}
        ) as cell,
        indicator,
        period_kind,
        period_start,
        {{ cut | join(', ') }},
        people
    from {{ ref('int_indicator_estimates') }}
),

-- A family is a parent and all that it is the sum of in one direction. Hiding a group takes as much from readers as it has people;
-- of periods the first goes, since everybody looks at the last, and so that the same one stays hidden as time goes on.
edges as (
    {% for direction, condition in parents.items() -%}
    select parent.cell || '|{{ direction }}|' || child.dimension as family, parent.cell as parent, child.cell as child, child.people as loss
    from cells as parent
    inner join cells as child
        on parent.indicator = child.indicator
        and parent.audience = child.audience
        and {{ condition | replace('SAME_PERIOD', 'parent.period_kind = child.period_kind and parent.period_start is not distinct from child.period_start') }}
    union all
    {% endfor -%}
    {% for finer, coarser in periods.items() -%}
    select parent.cell || '|{{ finer }}' as family, parent.cell as parent, child.cell as child, 0 as loss
    from cells as parent
    inner join cells as child
        on parent.indicator = child.indicator
        {% for column in cut -%}
        and parent.{{ column }} = child.{{ column }}
        {% endfor -%}
        and parent.period_kind = '{{ coarser }}'
        and child.period_kind = '{{ finer }}'
        {% if coarser != 'all' -%}
        and parent.period_start = date_trunc('{{ coarser }}', child.period_start)
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{{ hidden_by_closure('cells', 'edges') }}

select
    cells.* exclude (cell),
    cells.people >= {{ k_people() }} as is_complementary
from cells
inner join hidden_{{ suppression_rounds() }} as hidden on cells.cell = hidden.cell

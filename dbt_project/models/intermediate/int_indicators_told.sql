{% set values = told_indicator_values() -%}
{% set place = ['indicator', 'period_kind', 'period_start'] + indicator_cut() -%}
with shown as (
    select * from {{ ref('int_indicators_shown') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ differences_since_told('shown', source('goodwill', 'told_indicators'), values) }},

-- what a publication adds to the one before is held to the same rule as the publication itself
cells as (
    select
        {{ cell_number() }} as cell,
        shown.cell as shown_cell,
        {% for column in place -%}
        shown.{{ column }},
        {% endfor -%}
        shown.is_hidden,
        differences.people
    from differences
    inner join shown on differences.cell = shown.cell
),

{{ families_of_cells('cells') }},

{{ hidden_by_closure('cells', 'edges', hidden='is_hidden') }},

held as (
    select cells.shown_cell as cell, hidden.cell is not null as is_held
    from cells
    left join hidden_{{ suppression_rounds() }} as hidden on cells.cell = hidden.cell
),

-- where nobody is left of fewer than 10 people: a row that goes would tell of them
left_by_a_few as (
    select told_before.*
    from told_before
    anti join shown on told_before.cell = shown.cell
    where coalesce(told_before.people, 0) < {{ k_people() }}
)

select
    shown.cell,
    shown.recipe,
    {% for column in place -%}
    shown.{{ column }},
    {% endfor -%}
    shown.unit,
    case
        when differences.is_held and told_before.cell is null
            then coalesce(shown.suppressed_reason, 'waits until at least {{ k_people() }} people more or less are in it')
        when differences.is_held then told_before.suppressed_reason
        else shown.suppressed_reason
    end as suppressed_reason,
    {{ told_columns(values) | indent(4) }}
from shown
cross join clock
left join told_before on shown.cell = told_before.cell
left join held as differences on shown.cell = differences.cell
union all by name
select * from left_by_a_few

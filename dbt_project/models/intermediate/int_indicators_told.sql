{% set values = told_indicator_values() -%}
{% set place = ['indicator', 'period_kind', 'period_start'] + indicator_cut() -%}
with shown as (
    select * from {{ ref('int_indicators_shown') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ differences_since_told('shown', source('goodwill', 'told_indicators'), values) }},

changed as (
    select
        differences.cell as shown_cell,
        differences.people,
        {% for column in place + ['unit', 'is_hidden', 'is_apart'] -%}
        shown.{{ column }},
        {% endfor -%}
        abs(shown.numerator - told_before.numerator) as more_with,
        abs(shown.denominator - shown.numerator - told_before.denominator + told_before.numerator) as more_without
    from differences
    inner join shown on differences.cell = shown.cell
    left join told_before on differences.cell = told_before.cell
),

-- what a publication adds to the one before is held to the same rules as the publication itself
cells as (
    select
        {{ cell_number() }} as cell,
        shown_cell,
        {{ place | join(', ') }},
        is_hidden,
        is_apart,
        case when {{ is_one_sided('more_with', 'more_without') }} then least(people, {{ k_people() - 1 }}) else people end as people
    from changed
),

{{ families_of_cells('cells') }},

{{ hidden_by_closure('cells', 'edges', hidden='is_hidden') }},

held as (
    select cells.shown_cell as cell, hidden.cell is not null as is_held
    from cells
    left join hidden_{{ suppression_rounds() }} as hidden on cells.cell = hidden.cell
),

{{ told_rows(place + ['unit'], values) }}

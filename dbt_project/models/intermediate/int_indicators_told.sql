{% set values = told_indicator_values() -%}
{% set place = ['indicator', 'period_kind', 'period_start'] + indicator_cut() -%}
with shown as (
    select * from {{ ref('int_indicators_shown') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ differences_since_told('shown', source('goodwill', 'told_indicators'), values) }},

numbered as (
    select
        {{ cell_number() }} as cell,
        cell as shown_cell,
        {{ place | join(', ') }},
        unit,
        numerator,
        denominator,
        is_hidden,
        is_apart
    from shown
),

changed as (
    select
        numbered.*,
        differences.people,
        abs(numbered.numerator - told_before.numerator) as more_with,
        abs(numbered.denominator - numbered.numerator - told_before.denominator + told_before.numerator) as more_without
    from differences
    inner join numbered on differences.cell = numbered.shown_cell
    left join told_before on differences.cell = told_before.cell
),

-- what a publication adds to the one before is held to the same rules as the publication itself
cells as (
    select
        cell,
        shown_cell,
        {{ place | join(', ') }},
        is_hidden,
        is_apart,
        case when {{ is_one_sided('more_with', 'more_without') }} then least(people, {{ k_people() - 1 }}) else people end as people
    from changed
),

-- a sum that was told before what waits in it still holds what waits to one another
sums as (
    select * from numbered
    where not is_hidden or shown_cell in (select changed.shown_cell from changed)
),

{{ families_of_cells('cells', parents_of='sums') }},

{{ hidden_by_closure('cells', 'edges', hidden='is_hidden') }},

held as (
    select cells.shown_cell as cell, hidden.cell is not null as is_held
    from cells
    left join hidden on cells.cell = hidden.cell
),

{{ told_rows(place + ['unit'], values) }}

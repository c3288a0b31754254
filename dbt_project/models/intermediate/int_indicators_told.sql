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

{{ told_rows(place + ['unit'], values) }}

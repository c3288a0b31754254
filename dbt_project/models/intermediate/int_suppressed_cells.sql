with cells as (
    select
        {{ cell_number() }} as cell,
        indicator,
        period_kind,
        period_start,
        {{ indicator_cut() | join(', ') }},
        people
    from {{ ref('int_indicator_estimates') }}
),

{{ families_of_cells('cells') }},

{{ hidden_by_closure('cells', 'edges') }}

select
    cells.* exclude (cell),
    cells.people >= {{ k_people() }} as is_complementary
from cells
inner join hidden_{{ suppression_rounds() }} as hidden on cells.cell = hidden.cell

-- of whoever asked there at all, answered or not
with cells as (
    select
        {{ cell_number() }} as cell,
        indicator,
        period_kind,
        period_start,
        {{ indicator_cut() | join(', ') }},
        true as is_apart,
        people
    from {{ ref('int_indicator_estimates') }}
    where indicator = 'response_time_median_km' and dimension <> 'clock'
),

{{ families_of_cells('cells') }},

{{ hidden_by_closure('cells', 'edges') }}

select cells.* exclude (cell, indicator, is_apart, people)
from cells
inner join hidden on cells.cell = hidden.cell

with estimates as (
    select * from {{ ref('int_indicator_estimates') }}
),

answers as (
    select * from {{ ref('int_answer_sums') }}
),

judged as (
    select
        estimates.indicator,
        estimates.period_kind,
        estimates.period_start,
        {% for column in indicator_cut() -%}
        estimates.{{ column }},
        {% endfor -%}
        estimates.unit,
        estimates.people,
        coalesce(answers.is_apart, true) as is_apart,
        coalesce(answers.leaves_few, false) as leaves_few,
        -- people where they are known, else what is counted
        coalesce(answers.people_with, estimates.numerator) as people_with,
        coalesce(answers.people_without, estimates.denominator - estimates.numerator) as people_without
    from estimates
    left join answers
        on
            {{ in_the_same_period('estimates', 'answers') | indent(12) }}
            and estimates.audience = answers.audience
            and estimates.platform = answers.platform
            and estimates.dimension = answers.dimension
            and estimates.dimension_value = answers.dimension_value
),

known as (
    select
        *,
        {{ is_one_sided('people_with', 'people_without') }} as is_one_sided,
        dimension_value = '{{ beside_teams() }}' as is_beside
    from judged
),

-- what may not be told counts as a small group, whoever is in it: the closure hides with it what would tell it
cells as (
    select
        {{ cell_number() }} as cell,
        indicator,
        period_kind,
        period_start,
        {{ indicator_cut() | join(', ') }},
        people as all_people,
        is_apart,
        is_one_sided,
        is_beside,
        {{ counts_people('indicator') }} as is_of_people,
        case when is_one_sided or leaves_few or not is_apart then least(people, {{ k_people() - 1 }}) else people end as people
    from known
),

{{ families_of_cells('cells') }},

{{ hidden_by_closure('cells', 'edges', of_people='is_of_people') }}

select
    cells.* exclude (cell, people, all_people, is_beside, is_one_sided, is_of_people),
    cells.all_people as people,
    hidden.cell is not null as is_hidden,
    hidden.cell is not null and cells.people >= {{ k_people() }} as is_complementary,
    case
        when cells.is_beside then 'in several teams or in none'
        when cells.is_one_sided then '{{ one_sided() }}'
        when not cells.is_apart then 'fewer than {{ k_people() }} people in no other team'
        else 'would tell a group of fewer than {{ k_people() }} people by subtraction'
    end as suppressed_reason
from cells
left join hidden on cells.cell = hidden.cell
where hidden.cell is not null or cells.is_beside

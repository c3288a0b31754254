with estimates as (
    select * from {{ ref('int_indicator_estimates') }}
),

answers as (
    select * from {{ ref('int_answer_sums') }}
),

hidden_places as (
    select * from {{ ref('int_hidden_places') }}
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
        hidden_places.audience is not null and {{ counts_answers('estimates.indicator') }} as is_of_hidden_place,
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
    left join hidden_places
        on
            {{ in_the_same_place('estimates', 'hidden_places') | indent(12) }}
),

-- what may not be told counts as a small group, whoever is in it: the closure hides with it what would tell it
known as (
    select
        *,
        {{ hidden_together('indicator') }} as hidden_as,
        {{ is_one_sided('people_with', 'people_without') }} as is_one_sided,
        dimension_value = '{{ beside_teams() }}' as is_beside,
        case
            when {{ is_one_sided('people_with', 'people_without') }} or leaves_few or not is_apart then least(people, {{ k_people() - 1 }})
            else people
        end as people_to_tell
    from judged
),

groups as (
    select
        hidden_as as indicator,
        period_kind,
        period_start,
        {{ indicator_cut() | join(', ') }},
        bool_and(is_apart) as is_apart,
        bool_or(is_of_hidden_place) as is_of_hidden_place,
        max(people_to_tell) as people
    from known
    group by all
),

cells as (
    select
        {{ cell_number() }} as cell,
        *,
        {{ counts_people('indicator') }} as is_of_people
    from groups
),

{{ families_of_cells('cells') }},

{{ hidden_by_closure('cells', 'edges', hidden='is_of_hidden_place', of_people='is_of_people') }}

select
    known.indicator,
    known.period_kind,
    known.period_start,
    {% for column in indicator_cut() -%}
    known.{{ column }},
    {% endfor -%}
    known.is_apart,
    known.people,
    hidden.cell is not null as is_hidden,
    hidden.cell is not null and known.people_to_tell >= {{ k_people() }} as is_complementary,
    case
        when known.is_beside then 'in several teams or in none'
        when known.is_one_sided then '{{ one_sided() }}'
        when not known.is_apart then 'fewer than {{ k_people() }} people in no other team'
        else 'would tell a group of fewer than {{ k_people() }} people by subtraction'
    end as suppressed_reason
from known
inner join cells
    on
        known.hidden_as = cells.indicator
        and known.period_kind = cells.period_kind
        and known.period_start is not distinct from cells.period_start
        {% for column in indicator_cut() -%}
        and known.{{ column }} = cells.{{ column }}
        {% endfor %}
left join hidden on cells.cell = hidden.cell
where hidden.cell is not null or known.is_beside

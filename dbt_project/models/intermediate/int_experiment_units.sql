with days as (
    select
        experiment_id,
        outcome,
        outcome_kind,
        unit_id,
        is_treated,
        block_id,
        weight,
        date,
        phase,
        value,
        cost,
        denominator,
        case when outcome_kind = 'rate' then coalesce(denominator, 1) else 1 end as base,
        {{ days_apart('min(date) over (partition by experiment_id)', 'date') }} as day
    from {{ ref('int_experiment_days') }}
),

-- sums in the order of the days: a sum of doubles then comes out the same on every run
units as (
    select
        experiment_id,
        outcome,
        unit_id,
        max(outcome_kind) as outcome_kind,
        -- a panel may mark the units of the test, or their days alone
        coalesce(bool_or(is_treated) filter (where phase = 'test'), bool_or(is_treated)) as is_treated,
        coalesce(bool_or(is_treated) filter (where phase = 'test') <> bool_and(is_treated) filter (where phase = 'test'), false)
        or coalesce(bool_or(is_treated) filter (where phase = 'pre') and not bool_or(is_treated) filter (where phase = 'test'), false) as is_contradictory,
        max(block_id) as block_id,
        max(weight) as weight,
        bool_and(denominator is not null) as has_denominator,
        bool_or(denominator is not null) as has_some_denominator,
        max(date) as last_on,
        {% for phases, name in [("('pre')", 'pre'), ("('test')", 'test'), ("('test', 'cooldown')", 'post')] -%}
        count(*) filter (where phase in {{ phases }}) as {{ name }}_days,
        sum(value order by date asc) filter (where phase in {{ phases }}) as {{ name }}_value,
        sum(base order by date asc) filter (where phase in {{ phases }}) as {{ name }}_base,
        sum(cost) filter (where phase in {{ phases }}) as {{ name }}_cost,
        {% endfor -%}
        sum(day) filter (where phase = 'pre') as days_sum,
        sum(day * day) filter (where phase = 'pre') as days_squares,
        sum(value / base order by date asc) filter (where phase = 'pre') as levels_sum,
        sum(day * value / base order by date asc) filter (where phase = 'pre') as levels_by_days
    from days
    group by experiment_id, outcome, unit_id
),

final as (
    select
        experiment_id,
        outcome,
        outcome_kind,
        unit_id,
        is_treated,
        is_contradictory,
        block_id,
        weight,
        has_denominator,
        has_some_denominator,
        last_on,
        pre_days,
        pre_value,
        pre_base,
        pre_cost,
        test_days,
        test_value,
        test_base,
        post_days,
        post_value,
        post_base,
        post_cost,
        case
            when pre_days >= 3
                then (pre_days * levels_by_days - days_sum * levels_sum) / (pre_days * days_squares - days_sum * days_sum)
        end as pre_slope
    from units
)

select * from final

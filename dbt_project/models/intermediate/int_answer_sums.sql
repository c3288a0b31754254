-- colleagues who help each other, and clients who say that they are satisfied: both are shares whose clusters are people
{% set cell = 'indicator, period_kind, period_start, audience, platform, dimension, dimension_value' -%}
with persons as (
    select * from {{ ref('int_answer_persons') }}
)

select
    {{ cell }},
    cast(sum(x) as bigint) as numerator,
    cast(sum(m) as bigint) as denominator,
    cast(count(*) as bigint) as clusters,
    cast(sum(x * x) as bigint) as sum_xx,
    cast(sum(x * m) as bigint) as sum_xm,
    cast(sum(m * m) as bigint) as sum_mm,
    count(case when x > 0 then 1 end) as people_with,
    count(case when x < m then 1 end) as people_without,
    bool_and(is_apart) as is_apart,
    bool_or(leaves_few) as leaves_few
from persons
group by {{ cell }}

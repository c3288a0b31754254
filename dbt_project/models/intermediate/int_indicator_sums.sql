{%- set cell = 'indicator, period_kind, period_start, cut_no' -%}
{%- set sums = [
    'numerator', 'denominator', 'clusters', 'sum_xx', 'sum_xm', 'sum_mm', 'sum_x_x_before', 'sum_x_m_before', 'sum_m_x_before', 'sum_m_m_before',
] -%}
-- a cluster lies in one part: what the parts say adds up
with parts as (
    {% for period_kind in indicator_period_kinds() -%}
    select * from {{ ref('int_indicator_sums_' ~ period_kind) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    {{ cell }},
    {% for column in sums -%}
    cast(sum({{ column }}) as bigint) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from parts
group by {{ cell }}

-- what is read off the curves; both units give it, by their own names, on the clock and in working time
with summaries as (
    select * from {{ ref('int_response_summaries') }}
),

people_counts as (
    select substr(indicator, 9) as family, period_kind, period_start, cut_no, clusters as people
    from {{ ref('int_indicator_sums') }}
    where indicator like 'people: %'
)

{% for indicator, unit, of_unit, column in [
    ('response_time_median_km', 'minutes', 'message_burst', 'median'),
    ('response_within_60min_km', 'share', 'message_burst', 'within_60min'),
    ('first_response_median_km', 'minutes', 'conversation_first', 'median'),
] -%}
select
    '{{ indicator }}' as indicator,
    summaries.period_kind,
    summaries.period_start,
    summaries.cut_no,
    summaries.clock,
    '{{ unit }}' as unit,
    cast(null as bigint) as numerator,
    cast(null as bigint) as denominator,
    summaries.n,
    people_counts.people as clusters,
    people_counts.people,
    cast(null as double) as deff,
    summaries.{{ column }}{{ '_minutes' if column == 'median' }} as value,
    summaries.{{ column }}_lower as lo,
    summaries.{{ column }}_upper as hi,
    'Kaplan-Meier, Greenwood log-log, cut at period end + 72 h' as method,
    0.0 as correlation,
    summaries.events
from summaries
inner join people_counts
    on summaries.unit = people_counts.family
    and summaries.period_kind = people_counts.period_kind
    and summaries.period_start is not distinct from people_counts.period_start
    and summaries.cut_no = people_counts.cut_no
where summaries.unit = '{{ of_unit }}'
{{ 'union all' if not loop.last }}
{% endfor %}

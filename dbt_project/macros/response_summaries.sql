{#
  Median time to an answer and the share answered within 60 minutes, by Kaplan and Meier, for every cut and each period of one kind. One cut of time
  for answered and unanswered alike (period end + 72 h, or the clock): without it the answered ones would be watched for longer.
#}

{% macro response_summaries(period_kind) -%}
{%- set cell = ['unit', 'cut_no', 'period_start'] -%}
{%- set hour = 3600000000 -%}
with cuts as (
    select * from {{ ref('int_indicator_cuts') }}
    where is_computed
),

ends as (
    select * from {{ ref('int_response_ends') }}
    where period_kind = '{{ period_kind }}'
),

requests as (
    select * from {{ ref('int_response_times') }}
),

-- when a message was deleted is not known: it leaves at once, answered by nobody
timed as (
    select
        requests.unit,
        requests.cell_no,
        {{ indicator_period_start(period_kind, 'requests.month') }} as period_start,
        coalesce(requests.answered_at <= ends.ends_at, false) as is_answered,
        case
            when requests.answered_at <= ends.ends_at then {{ microseconds_between('requests.asked_at', 'requests.answered_at') }}
            when requests.is_deleted then 0
            else {{ microseconds_between('requests.asked_at', 'ends.ends_at') }}
        end as clock_time,
        case
            when requests.answered_at <= ends.ends_at then requests.worked_until_answered - requests.worked_until_asked
            when requests.is_deleted then 0
            else ends.worked_until_end - requests.worked_until_asked
        end as working_time
    from requests
    inner join ends on requests.month = ends.month and requests.working_team = ends.working_team
)

{% for clock, cut in [('all', 'all'), ('all', 'platform'), ('all', 'profile'), ('all', 'room'), ('all', 'language'), ('all', 'team'), ('business_hours', 'all'), ('business_hours', 'platform')] -%}
{%- set leaving -%}
(
        select
            timed.unit,
            cuts.cut_no,
            timed.period_start,
            timed.{{ 'clock_time' if clock == 'all' else 'working_time' }} as t,
            sum(case when timed.is_answered then 1 else 0 end) as events,
            count(*) as leaving
        from timed
        inner join cuts on timed.cell_no = cuts.cell_no and cuts.cut = '{{ cut }}'
        group by all
    ) as leaving_counts
{%- endset -%}
select
    unit,
    '{{ period_kind }}' as period_kind,
    period_start,
    cut_no,
    '{{ clock }}' as clock,
    cast(sum(leaving) as bigint) as n,
    cast(sum(events) as bigint) as events,
    {{ kaplan_meier_crossing('survival') }} / 60000000.0 as median_minutes,
    {{ kaplan_meier_crossing('lower') }} / 60000000.0 as median_lower,
    {{ kaplan_meier_crossing('upper') }} / 60000000.0 as median_upper,
    -- nobody was watched for an hour: what would have come is not known
    case when max(t) >= {{ hour }} or min(survival) = 0 then 1 - coalesce({{ kaplan_meier_at('survival', hour) }}, 1) end as within_60min,
    1 - nullif({{ kaplan_meier_at('coalesce(upper, -1)', hour) }}, -1) as within_60min_lower,
    1 - nullif({{ kaplan_meier_at('coalesce(lower, -1)', hour) }}, -1) as within_60min_upper
from (
    {{ kaplan_meier_curve(leaving, cell) | indent(4) }}
) as curve
group by {{ cell | join(', ') }}
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}

{#
  Median time to an answer and the share answered within 60 minutes, by Kaplan and Meier, for every cut and each period of one kind. One cut of time
  for answered and unanswered alike (period end + 72 h, or the clock): without it the answered ones would be watched for longer.
#}

{% macro response_summaries(period_kind) -%}
{%- set hour = 3600000000 -%}
{%- set clocks = {'all': 'clock_time', 'business_hours': 'working_time'} -%}
with cuts as (
    select * from {{ ref('int_indicator_cuts') }}
    where is_computed
),

ends as (
    select * from {{ ref('int_response_ends') }}
    where period_kind = '{{ period_kind }}'
),

requests as not materialized (
    select * from {{ ref('int_response_times') }}
),

-- when a message was deleted is not known: it leaves before anybody is answered, be it in no working time at all
timed as not materialized (
    select
        requests.unit,
        requests.cell_no,
        {{ indicator_period_start(period_kind, 'requests.month') }} as period_start,
        coalesce(requests.answered_at <= ends.ends_at, false) as is_answered,
        case
            when requests.answered_at <= ends.ends_at then {{ microseconds_between('requests.asked_at', 'requests.answered_at') }}
            when requests.is_deleted then -1
            else {{ microseconds_between('requests.asked_at', 'ends.ends_at') }}
        end as clock_time,
        case
            when requests.answered_at <= ends.ends_at then requests.worked_until_answered - requests.worked_until_asked
            when requests.is_deleted then -1
            else ends.worked_until_end - requests.worked_until_asked
        end as working_time
    from requests
    inner join ends on requests.month = ends.month and requests.working_team = ends.working_team
),

-- a number for each curve: sorting by three columns, one of them text, takes twice as long
curves as (
    select
        told.unit,
        cuts.cut_no,
        told.period_start,
        {{ key_number(['told.unit', 'cuts.cut_no', 'told.period_start']) }} as curve_no,
        bool_or(told.lacks_hours) as lacks_hours
    from (
        select unit, cell_no, period_start, bool_or(working_time is null) as lacks_hours
        from timed
        group by unit, cell_no, period_start
    ) as told
    inner join cuts on told.cell_no = cuts.cell_no
    group by told.unit, cuts.cut_no, told.period_start
),

{% for clock, time in clocks.items() -%}
{%- set leaving -%}
(
        select
            {{ key_number(['timed.unit', 'cuts.cut_no', 'timed.period_start']) }} as curve_no,
            timed.{{ time }} as t,
            count(case when timed.is_answered then 1 end) as events,
            count(*) as leaving
        from timed
        inner join cuts on timed.cell_no = cuts.cell_no{{ " and cuts.cut in ('all', 'platform')" if clock != 'all' }}
        group by all
    ) as leaving_counts
{%- endset -%}
{{ clock }}_read_off as (
    select
        curve_no,
        '{{ clock }}' as clock,
        cast(max(n) as bigint) as n,
        cast(sum(events) as bigint) as events,
        {{ kaplan_meier_crossing('survival') }} / 60000000.0 as median_minutes,
        {{ kaplan_meier_crossing('lower') }} / 60000000.0 as median_lower,
        {{ kaplan_meier_crossing('upper') }} / 60000000.0 as median_upper,
        -- nobody was watched for an hour: what would have come is not known
        case when max(last_t) >= {{ hour }} or min(survival) = 0 then 1 - coalesce({{ kaplan_meier_at('survival', hour) }}, 1) end as within_60min,
        1 - nullif({{ kaplan_meier_at('coalesce(upper, -1)', hour) }}, -1) as within_60min_lower,
        1 - nullif({{ kaplan_meier_at('coalesce(lower, -1)', hour) }}, -1) as within_60min_upper
    from (
        {{ kaplan_meier_curve(leaving, ['curve_no'], true) | indent(8) }}
    ) as curve
    group by curve_no
),

{% endfor -%}
read_off as (
    {% for clock in clocks -%}
    select * from {{ clock }}_read_off
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    curves.unit,
    '{{ period_kind }}' as period_kind,
    curves.period_start,
    curves.cut_no,
    read_off.* exclude (curve_no)
from read_off
inner join curves on read_off.curve_no = curves.curve_no
-- of a queue whose hours nobody gave there is no working time
where read_off.clock = 'all' or not curves.lacks_hours
{%- endmacro %}

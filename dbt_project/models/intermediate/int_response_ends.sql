-- until when the requests of a month are watched, on the clock and in a team's working time
with months as (
    select distinct month, working_team from {{ ref('int_response_times') }}
),

days as (
    select * from {{ ref('int_working_days') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

ends as (
    {% for period_kind in indicator_period_kinds() -%}
    {% set start = indicator_period_start(period_kind, 'months.month') -%}
    select
        '{{ period_kind }}' as period_kind,
        months.month,
        months.working_team,
        {% if period_kind == 'all' -%}
        clock.as_of as ends_at
        {%- else -%}
        least({{ utc_of_reporting('cast(' ~ start ~ ' + ' ~ period_length(period_kind) ~ ' as date)') }} + interval 72 hour, clock.as_of) as ends_at
        {%- endif %}
    from months
    cross join clock
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    ends.period_kind,
    ends.month,
    ends.working_team,
    ends.ends_at,
    {{ worked_until('ends.ends_at', 'days') }} as worked_until_end
from ends
left join days on ends.working_team = days.team and cast(ends.ends_at as date) = days.date

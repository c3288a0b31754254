with hours as (
    select * from {{ ref('working_hours') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

span as (
    select min(occurred_at) as first_at from {{ ref('int_messages_placed') }}
),

-- one day more on either side: a day of the team is not a day of UTC
days as (
    select {{ days_between('cast(span.first_at - interval 2 day as date)', 'cast(clock.as_of + interval 2 day as date)') }} as date
    from span
    cross join clock
    where span.first_at is not null
),

-- a team that has holidays alone works the hours of all
teams as (
    select team, team as hours_of
    from hours
    union
    select team, '*' as hours_of
    from holidays
    where team not in ('', '*') and team not in (select team from hours)
),

shifts as (
    select
        teams.team,
        {{ utc_of_zone('(days.date + hours.starts_at)', 'hours.time_zone') }} as starts_at,
        {{ utc_of_zone('(days.date + hours.ends_at + case when hours.ends_at <= hours.starts_at then interval 1 day else interval 0 day end)', 'hours.time_zone') }} as ends_at
    from days
    inner join hours on date_part('isodow', days.date) = hours.weekday
    inner join teams on hours.team = teams.hours_of
    left join holidays
        on days.date = holidays.date and (holidays.team is null or holidays.team in ('', '*') or teams.team = holidays.team)
    where holidays.date is null
),

-- a shift that goes over midnight UTC is a piece on each day; one in an hour that clocks skip is none
pieces as (
    select
        shifts.team,
        days.date,
        greatest(shifts.starts_at, cast(days.date as timestamp)) as starts_at,
        least(shifts.ends_at, cast(days.date + interval 1 day as timestamp)) as ends_at
    from shifts
    inner join days
        on shifts.starts_at < cast(days.date + interval 1 day as timestamp) and shifts.ends_at > cast(days.date as timestamp)
    where shifts.starts_at < shifts.ends_at
),

ordered as (
    select *, row_number() over (partition by team, date order by starts_at) as place
    from pieces
),

by_day as (
    select
        teams.team,
        days.date,
        {% for part in parts_of_a_working_day() -%}
        min(case when ordered.place = {{ loop.index }} then ordered.starts_at end) as {{ part }}_starts_at,
        min(case when ordered.place = {{ loop.index }} then ordered.ends_at end) as {{ part }}_ends_at,
        {% endfor -%}
        coalesce(sum({{ microseconds_between('ordered.starts_at', 'ordered.ends_at') }}), 0) as worked
    from days
    cross join teams
    left join ordered on days.date = ordered.date and teams.team = ordered.team
    group by teams.team, days.date
)

select
    team,
    date,
    {% for part in parts_of_a_working_day() -%}
    {{ part }}_starts_at,
    {{ part }}_ends_at,
    {% endfor -%}
    cast(sum(worked) over (partition by team order by date) - worked as bigint) as worked_before
from by_day

with units as (
    select * from {{ ref('int_response_times') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- one cut for answered and unanswered alike: without it the period's answered ones would be watched for longer
cut as (
    select
        units.*,
        kinds.period_kind,
        {{ indicator_period_start('kinds.period_kind', 'units.month') }} as period_start,
        case
            when kinds.period_kind = 'all' then clock.as_of
            else
                least(
                    {{ utc_of_reporting(next_period_start('kinds.period_kind', indicator_period_start('kinds.period_kind', 'units.month'))) }}
                    + interval 72 hour,
                    clock.as_of
                )
        end as cut_at
    from units
    cross join clock
    cross join {{ indicator_period_kinds() }}
)

select
    unit,
    period_kind,
    period_start,
    platform,
    audience,
    actor_key,
    answered_at is not null and answered_at <= cut_at as is_answered,
    -- when a message was deleted is not known: it leaves at once, answered by nobody
    case
        when answered_at <= cut_at then {{ minutes_between('asked_at', 'answered_at') }}
        when is_deleted then 0
        else {{ minutes_between('asked_at', 'cut_at') }}
    end as t
from cut

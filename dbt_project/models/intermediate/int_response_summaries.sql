with units as (
    select * from {{ ref('int_response_periods') }}
),

curves as (
    select * from {{ ref('int_response_curves') }}
),

counts as (
    select
        unit,
        period_kind,
        period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        count(*) as n,
        sum(case when is_answered then 1 else 0 end) as events,
        count(distinct actor_key) as people,
        sum(case when is_answered and t <= 60 then 1 else 0 end) as events_within_60min,
        max(t) as longest
    from units
    group by grouping sets ((unit, period_kind, period_start, platform, audience), (unit, period_kind, period_start, audience))
),

crossings as (
    select
        unit,
        period_kind,
        period_start,
        platform,
        audience,
        {{ kaplan_meier_crossing('survival') }} as median_minutes,
        {{ kaplan_meier_crossing('lower') }} as median_lower,
        {{ kaplan_meier_crossing('upper') }} as median_upper,
        {{ kaplan_meier_at('survival', 60) }} as survival_60min,
        {{ kaplan_meier_at('coalesce(lower, -1)', 60) }} as lower_60min,
        {{ kaplan_meier_at('coalesce(upper, -1)', 60) }} as upper_60min,
        min(survival) as last_survival
    from curves
    group by unit, period_kind, period_start, platform, audience
)

select
    counts.unit,
    counts.period_kind,
    counts.period_start,
    counts.platform,
    counts.audience,
    counts.n,
    counts.events,
    counts.events_within_60min,
    counts.people,
    crossings.median_minutes,
    crossings.median_lower,
    crossings.median_upper,
    -- nobody was watched for an hour: what would have come is not known
    case when counts.longest >= 60 or crossings.last_survival = 0 then 1 - coalesce(crossings.survival_60min, 1) end as within_60min,
    1 - nullif(crossings.upper_60min, -1) as within_60min_lower,
    1 - nullif(crossings.lower_60min, -1) as within_60min_upper
from counts
inner join crossings
    on counts.unit = crossings.unit
    and counts.period_kind = crossings.period_kind
    and counts.period_start is not distinct from crossings.period_start
    and counts.platform = crossings.platform
    and counts.audience = crossings.audience

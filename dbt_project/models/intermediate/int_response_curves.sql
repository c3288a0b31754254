with units as (
    select * from {{ ref('int_response_periods') }}
),

leaving as (
    select
        unit,
        period_kind,
        period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        t,
        sum(case when is_answered then 1 else 0 end) as events,
        count(*) as leaving
    from units
    group by grouping sets ((unit, period_kind, period_start, platform, audience, t), (unit, period_kind, period_start, audience, t))
)

{{ kaplan_meier_curve('leaving', ['unit', 'period_kind', 'period_start', 'platform', 'audience']) }}

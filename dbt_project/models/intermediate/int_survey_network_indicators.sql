with surveys as (
    select * from {{ ref('relationships_surveys') }}
),

understanding as (
    select * from {{ ref('relationships_understanding') }}
),

network as (
    select * from {{ ref('relationships_internal_network') }}
),

from_surveys as (
    select
        wave_on as period_start,
        'wave' as period_kind,
        audience,
        'wave' as dimension,
        wave as dimension_value,
        measure as indicator,
        unit,
        -- a share counts ratings, a net score people who answered once; a mean has no numerator
        cast(
            case
                when measure = 'csat' then round(value * answers)
                when measure in ('nps', 'enps') and answers = n then round(value * n / 100)
            end as bigint
        ) as numerator,
        case when measure = 'csat' or measure in ('nps', 'enps') and answers = n then answers end as denominator,
        n,
        value,
        lo,
        hi,
        method,
        change,
        change_lo,
        change_hi,
        true as is_complete,
        counted_on,
        suppressed_reason
    from surveys
),

from_understanding as (
    select
        wave_on as period_start,
        'wave' as period_kind,
        audience,
        'wave' as dimension,
        wave as dimension_value,
        measure || '_' || dimension as indicator,
        'difference of points, 0 to 100' as unit,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        n_first + n_second as n,
        value,
        lo,
        hi,
        method,
        change,
        change_lo,
        change_hi,
        true as is_complete,
        counted_on,
        suppressed_reason
    from understanding
    -- the other side's view of the same answers stands in relationships.understanding
    where side = 'staff'
),

from_network as (
    {% for indicator, unit, numerator, denominator, value, limits in [
        ('net_density', 'share', 'round(density * n * (n - 1))', 'n * (n - 1)', 'density', none),
        ('net_reciprocity', 'share', 'round(reciprocity * edges)', 'edges', 'reciprocity', none),
        ('cross_team_share', 'share', none, none, 'cross_team_share', 'cross_team_share'),
        ('ei_index', 'index, -1 to 1', none, none, 'ei_index', 'ei_index'),
    ] -%}
    select
        month as period_start,
        team,
        '{{ indicator }}' as indicator,
        '{{ unit }}' as unit,
        case when {{ value }} is not null then {{ numerator or 'null' }} end as numerator,
        case when {{ value }} is not null then {{ denominator or 'null' }} end as denominator,
        case when {{ value }} is not null then n end as n,
        {{ value }} as value,
        {{ limits ~ '_lo' if limits else 'null' }} as lo,
        {{ limits ~ '_hi' if limits else 'null' }} as hi,
        '{{ network_interval(value) }}' || method as method,
        is_complete,
        counted_on,
        {{ network_missing_because(value) }} as suppressed_reason
    from network
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

network_with_previous as (
    select
        *,
        case when is_next then lag(value) over month_order end as value_before,
        case when is_next then lag(lo) over month_order end as lo_before,
        case when is_next then lag(hi) over month_order end as hi_before
    from (
        select
            *,
            coalesce(
                lag(period_start) over (partition by indicator, team order by period_start) = period_start - interval 1 month, false
            ) as is_next
        from from_network
    ) as ordered
    window month_order as (partition by indicator, team order by period_start)
),

from_network_months as (
    select
        period_start,
        case when period_start is null then 'all' else 'month' end as period_kind,
        'employees' as audience,
        case when team = 'all' then 'all' else 'team' end as dimension,
        team as dimension_value,
        indicator,
        unit,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        n,
        value,
        cast(lo as double) as lo,
        cast(hi as double) as hi,
        method,
        value - value_before as change,
        -- a census knows its change exactly; where people were drawn, the two months count as independent
        value - value_before - {{ newcombe_half_width('value - lo', 'hi_before - value_before', 0) }} as change_lo,
        value - value_before + {{ newcombe_half_width('hi - value', 'value_before - lo_before', 0) }} as change_hi,
        is_complete,
        counted_on,
        suppressed_reason
    from network_with_previous
)

select * from from_surveys
union all
select * from from_understanding
union all
select * from from_network_months

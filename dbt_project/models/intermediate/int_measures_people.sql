with indicators as (
    select * from {{ ref('relationships_indicators') }}
    where platform = 'all' and profile_id = 'all' and dimension in ('all', 'wave')
),

-- of waves of one day, or of none, the last
surveys as (
    select * from {{ ref('relationships_surveys') }}
    qualify {{ is_last_wave(['audience', 'measure', 'wave_on']) }}
),

understanding as (
    select * from {{ ref('relationships_understanding') }}
    where side = 'staff'
    qualify {{ is_last_wave(['audience', 'dimension', 'measure', 'wave_on']) }}
),

network as (
    select * from {{ ref('relationships_internal_network') }}
    where team = 'all'
),

from_indicators as (
    select
        'relationships.indicators' as mart,
        indicator as measure,
        audience,
        period_kind,
        period_start,
        n,
        value,
        lo,
        hi,
        method,
        cast(null as text) as evidence_grade,
        change,
        change_lo,
        change_hi,
        is_complete,
        suppressed_reason
    from indicators
    qualify {{ is_last_wave(['indicator', 'audience', 'period_kind', 'period_start'], wave='dimension_value') }}
),

from_surveys as (
    select
        'relationships.surveys' as mart,
        measure,
        audience,
        'wave' as period_kind,
        wave_on as period_start,
        n,
        value,
        lo,
        hi,
        method,
        cast(null as text) as evidence_grade,
        change,
        change_lo,
        change_hi,
        true as is_complete,
        suppressed_reason
    from surveys
),

from_understanding as (
    select
        'relationships.understanding' as mart,
        measure || '_' || dimension as measure,
        audience,
        'wave' as period_kind,
        wave_on as period_start,
        n_first + n_second as n,
        value,
        lo,
        hi,
        method,
        cast(null as text) as evidence_grade,
        change,
        change_lo,
        change_hi,
        true as is_complete,
        suppressed_reason
    from understanding
),

-- the network of a quarter is that of its last month
from_network as (
    {% for measure, column, limits in [
        ('net_density', 'density', none),
        ('net_reciprocity', 'reciprocity', none),
        ('messages', 'messages', none),
        ('tie_density', 'tie_density', none),
        ('ei_index', 'ei_index', 'ei_index'),
        ('cross_team_share', 'cross_team_share', 'cross_team_share'),
        ('gini', 'gini', 'gini'),
    ] -%}
    select
        'relationships.internal_network' as mart,
        '{{ measure }}' as measure,
        'employees' as audience,
        case when month is null then 'all' else kinds.period_kind end as period_kind,
        case when kinds.period_kind = 'quarter' then cast(date_trunc('quarter', month) as date) else month end as period_start,
        n,
        cast({{ column }} as double) as value,
        cast({{ limits ~ '_lo' if limits else 'null' }} as double) as lo,
        cast({{ limits ~ '_hi' if limits else 'null' }} as double) as hi,
        '{{ network_interval(column) }}' || method as method,
        cast(null as text) as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        is_complete,
        {{ network_missing_because(column) }} as suppressed_reason
    from network
    cross join (values ('month'), ('quarter')) as kinds (period_kind)
    where kinds.period_kind = 'month' or date_part('month', month) in (3, 6, 9, 12)
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from from_indicators
union all
select * from from_surveys
union all
select * from from_understanding
union all
select * from from_network

with indicators as (
    select * from {{ ref('relationships_indicators') }}
    where platform = 'all' and profile_id = 'all' and dimension = 'all'
),

surveys as (
    select * from {{ ref('relationships_surveys') }}
),

understanding as (
    select * from {{ ref('relationships_understanding') }}
),

network as (
    select * from {{ ref('relationships_internal_network') }}
    where team = 'all'
),

company as (
    select
        *,
        {{ utc_of_reporting('cast(quarter + interval 3 month as date)') }} as ends_at
    from {{ ref('int_company_quarters') }}
),

retention as (
    select * from {{ ref('roi_revenue_retention') }}
    where segment = 'all' and window_months = 3
),

-- a causal result stands in the quarter in which its test ended, and in no other
experiments as (
    select
        *,
        row_number() over (partition by date_trunc('quarter', ends_on) order by ends_on desc, experiment_id asc, outcome asc) as place
    from {{ ref('roi_experiments') }}
    where evidence_grade in ('A', 'B', 'B-') and is_primary
),

lift as (
    select
        *,
        row_number() over (partition by quarter order by landmark desc, horizon_days asc) as place
    from {{ ref('roi_retention_lift') }}
    where segment = 'all' and exposure = 'answered_24h'
),

clock as (
    select * from {{ ref('int_clock') }}
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
),

from_surveys as (
    select
        'relationships.surveys' as mart,
        measure,
        audience,
        'wave' as period_kind,
        last_answer_on as period_start,
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
    where last_answer_on is not null
),

from_understanding as (
    select
        'relationships.understanding' as mart,
        measure || '_' || dimension as measure,
        audience,
        'wave' as period_kind,
        last_answer_on as period_start,
        least(n_first, n_second) as n,
        value,
        lo,
        hi,
        method,
        cast(null as text) as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        true as is_complete,
        suppressed_reason
    from understanding
    where side = 'staff' and last_answer_on is not null
),

-- the network of a quarter is that of its last month
from_network as (
    {% for measure, column in [('net_density', 'density'), ('net_reciprocity', 'reciprocity'), ('messages', 'messages')] -%}
    select
        'relationships.internal_network' as mart,
        '{{ measure }}' as measure,
        'employees' as audience,
        case when month is null then 'all' else kinds.period_kind end as period_kind,
        case when kinds.period_kind = 'quarter' then cast(date_trunc('quarter', month) as date) else month end as period_start,
        n,
        cast({{ column }} as double) as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        'exact' as method,
        cast(null as text) as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        is_complete,
        suppressed_reason
    from network
    cross join (values ('month'), ('quarter')) as kinds (period_kind)
    where kinds.period_kind = 'month' or date_part('month', month) in (3, 6, 9, 12)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

from_company as (
    {% for measure, value, method, grade, reason in [
        ('attributed_roi', ratio('contribution_margin - full_cost', 'full_cost'), "'credit by rule, from sums; no interval for a quarter'", "'D'", 'roi_missing_because'),
        ('attributed_revenue', 'cast(revenue as double)', "'credit by rule, from sums; no interval for a quarter'", "'D'", "case when revenue is null then coalesce(sales_missing_because, 'an exchange rate is missing') end"),
        ('attributed_margin', 'cast(contribution_margin as double)', "'credit by rule, from sums; no interval for a quarter'", "'D'", "case when contribution_margin is null then coalesce(sales_missing_because, 'the margin of some sales is not known') end"),
        ('full_cost', 'cast(full_cost as double)', "'exact'", 'cast(null as text)', "case when full_cost is null then 'no cost was given' end"),
    ] -%}
    select
        'roi.channel_summary' as mart,
        '{{ measure }}' as measure,
        'company' as audience,
        'quarter' as period_kind,
        company.quarter as period_start,
        cast(null as bigint) as n,
        case when {{ reason }} is null then {{ value }} end as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        {{ method }} as method,
        {{ grade }} as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        company.ends_at <= clock.as_of as is_complete,
        {{ reason }} as suppressed_reason
    from company
    cross join clock
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- clients' quarter: who paid in the month before it, and what they pay in its last month
from_retention as (
    {% for measure in ['nrr', 'grr', 'logo_churn'] -%}
    select
        'roi.revenue_retention' as mart,
        '{{ measure }}' as measure,
        'clients' as audience,
        'quarter' as period_kind,
        cast(date_trunc('quarter', month) as date) as period_start,
        n,
        {{ measure }} as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        method,
        cast(null as text) as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        is_complete,
        suppressed_reason
    from retention
    where date_part('month', month) in (3, 6, 9, 12)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

from_experiments as (
    select
        'roi.experiments' as mart,
        'iroi' as measure,
        'company' as audience,
        'quarter' as period_kind,
        cast(date_trunc('quarter', ends_on) as date) as period_start,
        n_units as n,
        iroi as value,
        iroi_lo as lo,
        iroi_hi as hi,
        method,
        evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        true as is_complete,
        suppressed_reason
    from experiments
    where place = 1
),

from_lift as (
    select
        'roi.retention_lift' as mart,
        'retention_lift' as measure,
        'clients' as audience,
        'quarter' as period_kind,
        quarter as period_start,
        n1 + n0 as n,
        adjusted as value,
        lo,
        hi,
        method,
        evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        true as is_complete,
        suppressed_reason
    from lift
    where place = 1
),

unioned as (
    select * from from_indicators
    union all
    select * from from_surveys
    union all
    select * from from_understanding
    union all
    select * from from_network
    union all
    select * from from_company
    union all
    select * from from_retention
    union all
    select * from from_experiments
    union all
    select * from from_lift
)

select
    mart,
    measure,
    audience,
    period_kind,
    period_start,
    n,
    value,
    lo,
    hi,
    method,
    evidence_grade,
    -- census and ledger figures change by plain difference
    case
        when method like 'exact%' or mart = 'roi.channel_summary' then coalesce(change, {{ published_double('(value - value_before)') }})
        else change
    end as change,
    change_lo,
    change_hi,
    is_complete,
    suppressed_reason
from (
    select
        *,
        case
            when
                lag(period_start) over (partition by mart, measure, audience, period_kind order by period_start)
                = {{ previous_period_start('period_kind', 'period_start') }}
                then lag(value) over (partition by mart, measure, audience, period_kind order by period_start)
        end as value_before
    from unioned
) as ordered

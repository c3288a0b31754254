with people as (
    select * from {{ ref('int_measures_people') }}
),

money as (
    select * from {{ ref('int_measures_money') }}
),

social as (
    select * from {{ ref('int_measures_social') }}
),

unioned as (
    select * from people
    union all
    select * from money
    union all
    select * from social
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
        when method like 'exact%' or mart in ('roi.channel_summary', 'roi.attribution_credits') then coalesce(change, {{ published_double('(value - value_before)') }})
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

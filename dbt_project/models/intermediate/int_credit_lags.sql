with lags as (
    select
        model,
        lookback_rule,
        lookback_days,
        days_before,
        sum(credit) as credit
    from {{ ref('roi_attribution_credits') }}
    where touch_id is not null
    group by model, lookback_rule, lookback_days, days_before
),

running as (
    select
        *,
        sum(credit) over (partition by model, lookback_rule, lookback_days order by days_before) as credit_so_far,
        sum(credit) over (partition by model, lookback_rule, lookback_days) as credit_in_all
    from lags
)

select
    model,
    lookback_rule,
    lookback_days,
    min(case when 10 * credit_so_far >= 9 * credit_in_all then days_before end) as lag_p90_days
from running
group by model, lookback_rule, lookback_days

-- how many months a basis looks back; NULL = all
with bases as (
    select 'channel' as dimension, 'cash' as basis, 'cash' as clock, 1 as window_months
    union all
    select 'channel', 'cash_cumulative', 'cash', null
    union all
    select 'channel', 'cash_12_months', 'cash', 12
    union all
    select 'channel', 'accrual', 'accrual', 1
    union all
    select 'campaign', 'cash_cumulative', 'cash', null
    union all
    select 'campaign', 'cash_12_months', 'cash', 12
    union all
    select 'campaign', 'accrual', 'accrual', null
),

credited as (
    select distinct clock, 'channel' as dimension, channel as dimension_value, model, lookback_rule, lookback_days
    from {{ ref('int_credit_money') }}
    union all
    select distinct clock, 'campaign' as dimension, campaign_id as dimension_value, model, lookback_rule, lookback_days
    from {{ ref('int_credit_money') }}
    where campaign_id is not null
)

select
    row_number() over (
        order by credited.dimension, credited.dimension_value, bases.basis, credited.model, credited.lookback_rule, credited.lookback_days
    ) as series_id,
    credited.dimension,
    credited.dimension_value,
    bases.basis,
    credited.clock,
    bases.window_months,
    credited.model,
    credited.lookback_rule,
    credited.lookback_days
from credited
inner join bases on credited.dimension = bases.dimension and credited.clock = bases.clock

{#- How many months a basis looks back; none = all. -#}
{%- set bases = [
    ('channel', 'cash', 'cash', 1), ('channel', 'cash_cumulative', 'cash', none), ('channel', 'cash_12_months', 'cash', 12),
    ('channel', 'accrual', 'accrual', 1), ('campaign', 'cash_cumulative', 'cash', none), ('campaign', 'cash_12_months', 'cash', 12),
    ('campaign', 'accrual', 'accrual', none),
] -%}
with bases as (
    {% for dimension, basis, clock, window_months in bases -%}
    select
        '{{ dimension }}' as dimension,
        '{{ basis }}' as basis,
        '{{ clock }}' as clock,
        cast({{ window_months or 'null' }} as integer) as window_months
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

credited as (
    select distinct clock, 'channel' as dimension, channel as dimension_value, model, lookback_rule, lookback_days
    from {{ ref('int_credit_money') }}
    union all
    select distinct clock, 'campaign' as dimension, campaign_id as dimension_value, model, lookback_rule, lookback_days
    from {{ ref('int_credit_money') }}
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

{#- A refund follows the credits of its parent, to the cent. -#}
with refunds as (
    select * from {{ ref('int_conversion_refunds') }}
),

shares as (
    select * from {{ ref('int_credit_shares') }}
    where conversion_id in (select conversion_id from refunds)
),

credits as (
    {{ credit_rows('shares', attribution_models(), attribution_lookbacks()) | indent(4) }}
),

followed as (
    select
        credits.*,
        refunds.revenue_id,
        refunds.refunded_month,
        refunds.revenue as refund,
        refunds.contribution_margin as margin_of_refund
    from refunds
    inner join credits on refunds.conversion_id = credits.conversion_id
),

split as (
    {{ split_cents(
        'followed', {'refunded_revenue': 'refund', 'refunded_margin': 'margin_of_refund'}, 'credit_units', units_of_credit(),
        'revenue_id, model, lookback_rule, lookback_days', 'from_start'
    ) | indent(4) }}
)

select
    revenue_id,
    conversion_id,
    model,
    lookback_rule,
    lookback_days,
    from_start,
    refunded_month,
    refunded_revenue,
    refunded_margin
from split

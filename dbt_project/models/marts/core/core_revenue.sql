with clock as (
    select * from {{ ref('int_clock') }}
),

revenue as (
    select * from {{ ref('int_revenue_resolved') }}
)

select
    revenue.revenue_id,
    revenue.occurred_at,
    revenue.date,
    {{ month_of('revenue.date') }} as month,
    revenue.account_id,
    revenue.person_key,
    revenue.customer_key,
    revenue.opportunity_id,
    revenue.order_id,
    revenue.parent_revenue_id,
    revenue.kind,
    revenue.sale_kind,
    revenue.product,
    revenue.currency,
    revenue.amount,
    revenue.discount,
    revenue.tax,
    revenue.cost_of_goods,
    revenue.fees,
    revenue.fulfilment_cost,
    revenue.contribution_margin,
    revenue.margin_basis,
    revenue.rate_to_reporting,
    revenue.amount_reporting,
    revenue.contribution_margin_reporting,
    revenue.source,
    clock.is_demo
from revenue
cross join clock

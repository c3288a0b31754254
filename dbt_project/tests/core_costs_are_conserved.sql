-- Spreading a cost over its days loses and makes no cent.
with spread as (
    select cost_id, sum(amount) as amount, sum(hours) as hours
    from {{ ref('core_costs') }}
    where cost_source = 'costs'
    group by cost_id
)

select costs.cost_id
from {{ ref('int_costs') }} as costs
left join spread on costs.cost_id = spread.cost_id
where spread.amount is distinct from costs.amount or spread.hours is distinct from costs.hours

with revenue as (
    select
        *,
        {{ reporting_date('occurred_at') }} as date
    from {{ ref('int_revenue') }}
),

persons as (
    select * from {{ ref('int_person_accounts') }}
),

opportunities as (
    select * from {{ ref('int_opportunities_resolved') }}
),

accounts as (
    select account_id, segment from {{ ref('int_accounts') }}
),

-- a policy for a segment, else the one for all (*)
policies as (
    select
        segment,
        cast(margin_rate as decimal(18, 6)) as margin_rate
    from {{ ref('margin_policy') }}
    where plan is null
),

named as (
    select
        *,
        coalesce(account_id, person_key, opportunity_id) is not null as is_named
    from revenue
),

orders as (
    select
        order_id,
        min(account_id) as account_id,
        min(person_key) as person_key,
        min(opportunity_id) as opportunity_id,
        min(occurred_at) as occurred_at,
        case when count(*) = count(cost_of_goods) then sum(cost_of_goods) end as cost_of_goods,
        case when min(currency) = max(currency) then min(currency) end as currency,
        sum(amount - coalesce(discount, 0)) as paid,
        sum(tax) as tax
    from revenue
    where kind = 'order' and order_id is not null
    group by order_id
),

-- what a refund gives back: the payment that it names, or at least its order
repaid as (
    select
        named.*,
        case when parents.revenue_id is not null then parents.account_id else orders.account_id end as parent_account_id,
        case when parents.revenue_id is not null then parents.person_key else orders.person_key end as parent_person_key,
        case when parents.revenue_id is not null then parents.opportunity_id else orders.opportunity_id end as parent_opportunity_id,
        case when parents.revenue_id is not null then parents.occurred_at else orders.occurred_at end as parent_occurred_at,
        case when parents.revenue_id is not null then parents.cost_of_goods else orders.cost_of_goods end as parent_cost_of_goods,
        case when parents.revenue_id is not null then parents.currency else orders.currency end as parent_currency,
        case when parents.revenue_id is not null then parents.amount - coalesce(parents.discount, 0) else orders.paid end as parent_paid,
        case when parents.revenue_id is not null then parents.tax else orders.tax end as parent_tax
    from named
    left join revenue as parents on named.parent_revenue_id = parents.revenue_id
    left join orders
        on named.kind in ('refund', 'credit') and named.parent_revenue_id is null
        and named.order_id = orders.order_id
),

-- a refund that names only what it gives back is that customer's
told as (
    select
        *,
        case when is_named then account_id else parent_account_id end as told_account_id,
        case when is_named then person_key else parent_person_key end as told_person_key,
        case when is_named then opportunity_id else parent_opportunity_id end as told_opportunity_id,
        case when is_named then occurred_at else coalesce(parent_occurred_at, occurred_at) end as told_at
    from repaid
),

customers as (
    select
        told.*,
        coalesce(told.told_account_id, opportunities.account_id, persons.account_id) as resolved_account_id,
        coalesce(told.told_person_key, opportunities.person_key) as resolved_person_key
    from told
    left join opportunities on told.told_opportunity_id = opportunities.opportunity_id
    left join persons
        on coalesce(told.told_person_key, opportunities.person_key) = persons.person_key
        and told.told_at >= persons.valid_from
        and told.told_at < persons.valid_to
),

-- what lessens a refund has its sign; where a refund names no tax, it gives back the part of its parent's that its amount is of what was paid, to the cent
returned as (
    select
        *,
        case when amount < 0 then -abs(coalesce(discount, 0)) else coalesce(discount, 0) end as discount_within,
        case
            when amount >= 0 then coalesce(tax, 0)
            when tax is not null then -abs(tax)
            when kind in ('refund', 'credit') and parent_currency = currency and parent_paid > 0
                then
                    -cast(
                        round(
                            cast(coalesce(parent_tax, 0) as double) * least(1.0, cast(-amount as double) / cast(parent_paid as double)), 2
                        ) as decimal(18, 4)
                    )
            else 0
        end as tax_within
    from customers
),

margins as (
    select
        customers.*,
        customers.amount - customers.discount_within - customers.tax_within as net_amount,
        coalesce(by_segment.margin_rate, for_all.margin_rate) as margin_rate,
        case
            when customers.cost_of_goods is not null then 'actual'
            when customers.kind in ('refund', 'credit') and customers.parent_cost_of_goods is not null then 'actual'
            when coalesce(by_segment.margin_rate, for_all.margin_rate) is not null then 'assumed'
            else 'missing'
        end as margin_basis
    from returned as customers
    left join accounts on customers.resolved_account_id = accounts.account_id
    left join policies as by_segment on accounts.segment = by_segment.segment
    left join policies as for_all on for_all.segment = '*'
),

contributions as (
    select
        *,
        case margin_basis
            -- a refund whose goods were booked with the sale gets no goods back
            when 'actual' then cast(net_amount - coalesce(cost_of_goods, 0) - coalesce(fees, 0) - coalesce(fulfilment_cost, 0) as decimal(18, 4))
            when 'assumed' then cast(round(net_amount * margin_rate, 4) as decimal(18, 4))
        end as contribution_margin
    from margins
)

select
    contributions.revenue_id,
    contributions.occurred_at,
    contributions.date,
    contributions.resolved_account_id as account_id,
    contributions.resolved_person_key as person_key,
    coalesce(contributions.resolved_account_id, contributions.resolved_person_key) as customer_key,
    contributions.opportunity_id,
    contributions.order_id,
    contributions.parent_revenue_id,
    contributions.kind,
    contributions.sale_kind,
    contributions.product,
    contributions.currency,
    contributions.amount,
    contributions.discount,
    contributions.tax,
    contributions.cost_of_goods,
    contributions.fees,
    contributions.fulfilment_cost,
    contributions.contribution_margin,
    contributions.margin_basis,
    {{ rate('rates', 'contributions.currency') }} as rate_to_reporting,
    {{ convert('contributions.amount', rate('rates', 'contributions.currency')) }} as amount_reporting,
    {{ convert('contributions.contribution_margin', rate('rates', 'contributions.currency')) }} as contribution_margin_reporting,
    contributions.source
from contributions
{{ rate_join('rates', 'contributions.currency', 'contributions.date') }}

with invoices as (
    select
        *,
        coalesce(paid_at, created) as booked
    from {{ source('stripe', 'invoices') }}
    -- nothing moves with an invoice of nothing, as of a trial
    where status = 'paid' and total <> 0
),

customers as (
    select * from {{ source('stripe', 'customers') }}
),

refunds as (
    select * from {{ source('stripe', 'refunds') }}
    where coalesce(status, 'succeeded') = 'succeeded'
),

balance as (
    select * from {{ source('stripe', 'balance_transactions') }}
    where type in ('charge', 'payment')
),

-- how a payment finds its invoice differs between versions of the API: by charge, by payment intent, or named on the charge
payments as (
    select invoice_id, charge_id as payment_id from invoices where charge_id is not null
    union
    select invoice_id, payment_intent_id as payment_id from invoices where payment_intent_id is not null
    union
    select invoice_id, source_id as payment_id from balance where invoice_id is not null
),

paid_invoices as (
    select payment_id, min(invoice_id) as invoice_id from payments group by payment_id
),

-- fees are in the currency that is paid out; the charge's own rate leads back
fees as (
    select
        coalesce(by_charge.invoice_id, by_intent.invoice_id) as invoice_id,
        balance.currency as paid_out_currency,
        balance.exchange_rate,
        balance.fee
    from balance
    left join paid_invoices as by_charge on balance.source_id = by_charge.payment_id
    left join paid_invoices as by_intent on balance.payment_intent_id = by_intent.payment_id
),

invoice_fees as (
    select
        invoices.invoice_id,
        case
            when count(*) = count(case when fees.paid_out_currency = invoices.currency or fees.exchange_rate > 0 then 1 end)
                then sum(
                    case
                        when fees.paid_out_currency = invoices.currency then {{ stripe_amount('fees.fee', 'invoices.currency') }}
                        else cast(round({{ stripe_amount('fees.fee', 'fees.paid_out_currency') }} / fees.exchange_rate, 4) as decimal(18, 4))
                    end
                )
        end as fee
    from invoices
    inner join fees on invoices.invoice_id = fees.invoice_id
    group by invoices.invoice_id
),

sales as (
    select
        invoices.*,
        row_number() over (partition by invoices.subscription_id order by invoices.booked, invoices.created, invoices.invoice_id) as place
    from invoices
),

booked_invoices as (
    select
        sales.invoice_id as revenue_id,
        sales.booked,
        {{ stripe_amount('sales.total + coalesce(sales.discount, 0) - coalesce(sales.credited_before_payment, 0)', 'sales.currency') }} as amount,
        upper(sales.currency) as currency,
        coalesce(customers.person_key, sales.person_key) as person_key,
        -- the id of the customer at Stripe only where nothing leads to the company, nor to somebody who is or was a person
        coalesce(
            sales.account_id,
            customers.account_id,
            case
                when coalesce(customers.person_key, sales.person_key) is null and not {{ is_forgotten('sales.customer_id') }} then sales.customer_id
            end
        ) as account_id,
        sales.opportunity_id,
        cast(null as text) as parent_revenue_id,
        case when sales.total < 0 then 'credit' else 'invoice' end as kind,
        case
            when sales.total < 0 then null
            when sales.billing_reason = 'subscription_update' and sales.place > 1 then 'expansion'
            when sales.subscription_id is not null and (sales.place = 1 or sales.billing_reason = 'subscription_create') then 'new'
            when sales.billing_reason in ('subscription_cycle', 'subscription', 'subscription_threshold') then 'renewal'
            when sales.billing_reason in ('manual', 'quote_accept', 'automatic_pending_invoice_item_invoice') then 'one_off'
        end as sale_kind,
        sales.product_id as product,
        {{ stripe_amount('sales.discount', 'sales.currency') }} as discount,
        {{ stripe_amount('sales.tax', 'sales.currency') }} as tax,
        cast(invoice_fees.fee as decimal(18, 4)) as fees,
        sales._observed_at
    from sales
    left join customers on sales.customer_id = customers.customer_id
    left join invoice_fees on sales.invoice_id = invoice_fees.invoice_id
),

-- a refund of a payment without an invoice takes back what was never counted here
refunded as (
    select
        refunds.*,
        coalesce(by_charge.invoice_id, by_intent.invoice_id) as invoice_id
    from refunds
    left join paid_invoices as by_charge on refunds.charge_id = by_charge.payment_id
    left join paid_invoices as by_intent on refunds.payment_intent_id = by_intent.payment_id
),

booked_refunds as (
    select
        refunded.refund_id as revenue_id,
        refunded.created as booked,
        {{ stripe_amount('-refunded.amount', 'refunded.currency') }} as amount,
        upper(refunded.currency) as currency,
        booked_invoices.person_key,
        booked_invoices.account_id,
        booked_invoices.opportunity_id,
        refunded.invoice_id as parent_revenue_id,
        'refund' as kind,
        cast(null as text) as sale_kind,
        booked_invoices.product,
        cast(null as decimal(18, 4)) as discount,
        cast(null as decimal(18, 4)) as tax,
        cast(null as decimal(18, 4)) as fees,
        refunded._observed_at
    from refunded
    inner join booked_invoices on refunded.invoice_id = booked_invoices.revenue_id
),

booked as (
    select * from booked_invoices
    union all
    select * from booked_refunds
)

select
    revenue_id,
    {{ epoch_time('booked') }} as occurred_at,
    amount,
    currency,
    account_id,
    person_key,
    opportunity_id,
    parent_revenue_id,
    kind,
    sale_kind,
    product,
    discount,
    tax,
    fees,
    'stripe' as source,
    _observed_at
from booked

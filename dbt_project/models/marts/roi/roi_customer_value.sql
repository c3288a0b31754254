{{ config(tags=['estimated']) }}

with clock as (
    select * from {{ ref('int_clock') }}
),

customers as (
    select * from {{ ref('int_customer_orders') }}
),

accounts as (
    select * from {{ ref('int_account_lifetimes') }}
    where is_paying
),

orders as (
    {{ estimates('est_customer_orders', {
        'frequency': 'bigint', 'recency_days': 'bigint', 'age_days': 'bigint', 'p_alive': 'double', 'expected': 'double', 'lo': 'double', 'hi': 'double'
    }) }}
),

contracts as (
    {{ estimates('est_contracts', {'age_months': 'bigint', 'expected_months': 'double'}) }}
),

fits as (
    {{ estimates('est_customer_fits', {'model': 'text', 'parameter': 'text', 'cut': 'text', 'value': 'double', 'reason': 'text'}) }}
),

parameters as (
    select
        max(case when parameter = 'p' then value end) as p,
        max(case when parameter = 'q' then value end) as q,
        max(case when parameter = 'v' then value end) as v,
        max(case when model = 'bg_nbd' then reason end) as orders_reason,
        max(case when model = 'gamma_gamma' and parameter = 'p' then reason end) as value_reason,
        max(case when model = 'kaplan_meier' then reason end) as contracts_reason
    from fits
    where cut = 'all'
),

-- what stays of a unit of gross amount, refunds and all, where the costs are known
margins as (
    select
        {{ ratio(
            "sum(case when contribution_margin_reporting is not null and kind <> 'invoice' then contribution_margin_reporting end)",
            "sum(case when contribution_margin_reporting is not null and kind = 'order' then amount_reporting end)"
        ) }} as of_orders,
        {{ ratio(
            "sum(case when contribution_margin_reporting is not null and kind <> 'order' then contribution_margin_reporting end)",
            "sum(case when contribution_margin_reporting is not null and kind = 'invoice' then amount_reporting end)"
        ) }} as of_invoices
    from {{ ref('int_revenue_resolved') }}
),

from_orders as (
    select
        customers.customer_key,
        'bg_nbd' as model,
        customers.account_id,
        customers.person_key,
        customers.frequency,
        customers.recency_days / 7.0 as recency,
        customers.age_days / 7.0 as age,
        orders.p_alive,
        orders.expected as expected_purchases_39w,
        orders.lo,
        orders.hi,
        orders.expected * parameters.p * (parameters.v + customers.frequency * coalesce(customers.repeat_value, 0))
        / (parameters.p * customers.frequency + parameters.q - 1) as expected_value,
        margins.of_orders as margin_rate,
        case
            when orders.expected is not null
                then
                    ntile(10) over (
                        order by
                            orders.expected desc,
                            customers.frequency asc,
                            customers.recency_days asc,
                            customers.age_days asc,
                            customers.customer_key asc
                    )
        end as decile,
        'BG/NBD and gamma-gamma; lo and hi: predictive' as method,
        coalesce(parameters.orders_reason, parameters.value_reason) as suppressed_reason
    from customers
    cross join parameters
    cross join margins
    left join orders
        on customers.frequency = orders.frequency
        and customers.recency_days = orders.recency_days
        and customers.age_days = orders.age_days
),

from_contracts as (
    select
        accounts.customer_key,
        'kaplan_meier' as model,
        accounts.account_id,
        case when accounts.account_id is null then accounts.customer_key end as person_key,
        cast(null as bigint) as frequency,
        cast(null as double) as recency,
        {{ days_apart('accounts.first_month', 'clock.as_of_date') }} / 7.0 as age,
        case when contracts.expected_months is not null then 1.0 end as p_alive,
        cast(null as double) as expected_purchases_39w,
        cast(null as double) as lo,
        cast(null as double) as hi,
        accounts.mrr * contracts.expected_months as expected_value,
        margins.of_invoices as margin_rate,
        cast(null as bigint) as decile,
        'Kaplan-Meier of paid months' as method,
        case when accounts.mrr is null then 'no exchange rate' else parameters.contracts_reason end as suppressed_reason
    from accounts
    cross join clock
    cross join parameters
    cross join margins
    left join contracts on accounts.age_months = contracts.age_months
),

unioned as (
    select * from from_orders
    union all
    select * from from_contracts
),

final as (
    select
        unioned.customer_key,
        unioned.model,
        unioned.account_id,
        unioned.person_key,
        unioned.frequency,
        {{ published_double('unioned.recency') }} as recency,
        {{ published_double('unioned.age') }} as age,
        {{ published_double('unioned.p_alive') }} as p_alive,
        {{ published_double('unioned.expected_purchases_39w') }} as expected_purchases_39w,
        {{ published_double('unioned.lo') }} as lo,
        {{ published_double('unioned.hi') }} as hi,
        {{ published_double('unioned.expected_value') }} as expected_value,
        {{ published_double('unioned.expected_value * unioned.margin_rate') }} as expected_margin,
        unioned.decile,
        '{{ var("reporting_currency") }}' as currency,
        unioned.method,
        unioned.suppressed_reason,
        clock.is_demo
    from unioned
    cross join clock
)

select * from final

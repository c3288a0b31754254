with clock as (
    select is_demo, {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

-- a month without recurring revenue is no row here, whether nobody paid or somebody paid 0
mrr as (
    select
        customer_key,
        min(account_id) as account_id,
        month,
        case when count(*) = count(monthly_amount_reporting) then sum(monthly_amount_reporting) end as mrr
    from {{ ref('core_subscription_months') }}
    group by customer_key, month
    having sum(monthly_amount_reporting) <> 0 or count(*) > count(monthly_amount_reporting)
),

neighbours as (
    select
        *,
        lag(month) over (partition by customer_key order by month) as earlier_month,
        lag(mrr) over (partition by customer_key order by month) as earlier_mrr,
        lead(month) over (partition by customer_key order by month) as later_month
    from mrr
),

active as (
    select
        customer_key,
        account_id,
        month,
        mrr,
        case
            when earlier_month is null or earlier_month < {{ months_after('month', -1) }} then mrr
            else mrr - earlier_mrr
        end as mrr_change,
        case
            when earlier_month is null then 'new'
            when earlier_month < {{ months_after('month', -1) }} then 'reactivation'
            when mrr > earlier_mrr then 'upgrade'
            when mrr < earlier_mrr then 'downgrade'
            when mrr = earlier_mrr then 'none'
        end as category
    from neighbours
),

-- the first month at 0
churned as (
    select
        neighbours.customer_key,
        neighbours.account_id,
        {{ months_after('neighbours.month', 1) }} as month,
        cast(0 as decimal(38, 4)) as mrr,
        -neighbours.mrr as mrr_change,
        'churn' as category
    from neighbours
    cross join clock
    where neighbours.month < clock.as_of_month
        and coalesce(neighbours.later_month > {{ months_after('neighbours.month', 1) }}, true)
),

movements as (
    select * from active
    union all
    select * from churned
),

final as (
    select
        movements.account_id,
        movements.customer_key,
        movements.month,
        cast(movements.mrr as decimal(38, 4)) as mrr,
        cast(movements.mrr_change as decimal(38, 4)) as mrr_change,
        movements.category,
        '{{ var("reporting_currency") }}' as currency,
        clock.is_demo
    from movements
    cross join clock
)

select * from final

with clock as (
    select * from {{ ref('int_clock') }}
),

purchases as (
    select * from {{ ref('int_purchases') }}
),

bookings as (
    select
        bookings.customer_key,
        {{ month_of('bookings.date') }} as month,
        purchases.revenue_id is not null as is_purchase,
        bookings.amount_reporting
    from {{ ref('int_revenue_resolved') }} as bookings
    left join purchases on bookings.revenue_id = purchases.revenue_id
    where bookings.customer_key is not null
),

cohorts as (
    select customer_key, min(month) as cohort_month
    from bookings
    where is_purchase
    group by customer_key
),

sizes as (
    select cohort_month, count(*) as customers
    from cohorts
    group by cohort_month
),

months as (
    select
        sizes.cohort_month,
        sizes.customers,
        {{ months_between('sizes.cohort_month', 'clock.as_of_date') }} as month
    from sizes
    cross join clock
),

activity as (
    select
        cohorts.cohort_month,
        bookings.month,
        count(distinct case when bookings.is_purchase then bookings.customer_key end) as active,
        sum(bookings.amount_reporting) as revenue,
        count(*) - count(bookings.amount_reporting) as without_rate
    from bookings
    inner join cohorts on bookings.customer_key = cohorts.customer_key
    group by cohorts.cohort_month, bookings.month
),

final as (
    select
        months.cohort_month,
        cast({{ months_apart('months.cohort_month', 'months.month') }} as integer) as month_number,
        cast(months.customers as bigint) as customers,
        cast(coalesce(activity.active, 0) as bigint) as active,
        {{ ratio('coalesce(activity.active, 0)', 'months.customers') }} as active_share,
        cast(case when coalesce(activity.without_rate, 0) = 0 then coalesce(activity.revenue, 0) end as decimal(38, 4)) as revenue,
        '{{ var("reporting_currency") }}' as currency,
        'exact' as method,
        {{ is_over('last_day(months.month)') }} as is_complete,
        case when activity.without_rate > 0 then 'no exchange rate for ' || activity.without_rate || ' bookings' end as suppressed_reason,
        clock.is_demo
    from months
    cross join clock
    left join activity on months.cohort_month = activity.cohort_month and months.month = activity.month
)

select * from final

with clock as (
    select * from {{ ref('int_clock') }}
),

purchases as (
    select * from {{ ref('int_purchases') }}
),

bookings as (
    select
        bookings.customer_key,
        -- companies are no persons
        bookings.account_id is null as is_person,
        {{ month_of('bookings.date') }} as month,
        purchases.revenue_id is not null as is_purchase,
        bookings.amount_reporting
    from {{ ref('int_revenue_resolved') }} as bookings
    cross join clock
    left join purchases on bookings.revenue_id = purchases.revenue_id
    where bookings.customer_key is not null and bookings.occurred_at <= clock.as_of
),

cohorts as (
    select customer_key, min(month) as cohort_month, bool_or(is_person) as is_person
    from bookings
    where is_purchase
    group by customer_key
),

sizes as (
    select cohort_month, count(*) as customers, sum(case when is_person then 1 else 0 end) as people
    from cohorts
    group by cohort_month
),

months as (
    select
        sizes.cohort_month,
        sizes.customers,
        sizes.people,
        {{ months_between('sizes.cohort_month', 'clock.as_of_date') }} as month
    from sizes
    cross join clock
),

activity as (
    select
        cohorts.cohort_month,
        bookings.month,
        count(distinct case when bookings.is_purchase then bookings.customer_key end) as active,
        count(distinct case when bookings.is_person then bookings.customer_key end) as booked_people,
        count(distinct case when bookings.is_person and bookings.is_purchase then bookings.customer_key end) as active_people,
        sum(bookings.amount_reporting) as revenue,
        count(*) - count(bookings.amount_reporting) as without_rate
    from bookings
    inner join cohorts on bookings.customer_key = cohorts.customer_key
    group by cohorts.cohort_month, bookings.month
),

counted as (
    select
        months.cohort_month,
        months.month,
        {{ months_apart('months.cohort_month', 'months.month') }} as month_number,
        months.customers,
        months.people,
        coalesce(activity.active, 0) as active,
        coalesce(activity.revenue, 0) as revenue,
        coalesce(activity.without_rate, 0) as without_rate,
        -- the smallest group of persons that the row tells from the others: of the cohort, of who bought, of who booked anything, and of the rest
        least(
            {% for group in [
                'months.people', 'activity.active_people', 'activity.booked_people',
                'months.people - activity.active_people', 'months.people - activity.booked_people',
            ] -%}
            coalesce(nullif({{ group }}, 0), {{ k_people() }}){{ ',' if not loop.last }}
            {% endfor %}
        ) as smallest_group,
        coalesce(activity.booked_people, 0) as booked_people
    from months
    left join activity on months.cohort_month = activity.cohort_month and months.month = activity.month
),

-- what a month brought is known from elsewhere: with one cohort of it hidden, that cohort is the rest
cells as (
    select
        cohort_month || '|' || month as cell,
        cohort_month,
        month,
        least(smallest_group, booked_people) as people
    from counted
    where smallest_group < {{ k_people() }} or booked_people >= {{ k_people() }}
    union all
    select
        'all|' || month as cell,
        cast(null as date) as cohort_month,
        month,
        {{ k_people() }} as people
    from counted
    group by month
),

edges as (
    select parents.cell as family, parents.cell as parent, children.cell as child, children.people as loss
    from cells as parents
    inner join cells as children on parents.month = children.month
    where parents.cohort_month is null and children.cohort_month is not null
),

{{ hidden_by_closure('cells', 'edges') }},

judged as (
    select
        counted.*,
        counted.people between 1 and {{ k_people() - 1 }} as is_small,
        case
            when counted.smallest_group < {{ k_people() }} then 'fewer than {{ k_people() }} people'
            when hidden.cell is not null then 'would tell a group of fewer than {{ k_people() }} people by subtraction'
        end as hidden_because
    from counted
    left join hidden on counted.cohort_month || '|' || counted.month = hidden.cell
),

final as (
    select
        judged.cohort_month,
        cast(judged.month_number as integer) as month_number,
        cast(case when not judged.is_small then judged.customers end as bigint) as customers,
        cast(case when judged.hidden_because is null then judged.active end as bigint) as active,
        case when judged.hidden_because is null then {{ ratio('judged.active', 'judged.customers') }} end as active_share,
        cast(case when judged.hidden_because is null and judged.without_rate = 0 then judged.revenue end as decimal(38, 4)) as revenue,
        '{{ var("reporting_currency") }}' as currency,
        'exact' as method,
        {{ is_over('last_day(judged.month)') }} as is_complete,
        case
            when judged.hidden_because is not null then judged.hidden_because
            when judged.without_rate > 0 then 'no exchange rate for ' || judged.without_rate || ' bookings'
        end as suppressed_reason,
        clock.is_demo
    from judged
    cross join clock
)

select * from final

with clock as (
    select * from {{ ref('int_clock') }}
),

movements as (
    select customer_key, account_id, month, mrr
    from {{ ref('roi_mrr_movements') }}
    where category is distinct from 'churn'
),

windows as (
    select 1 as window_months
    union all
    select 3
    union all
    select 12
),

segments as (
    select customer_key, 'all' as segment from (select distinct customer_key from movements) as customers
    union all
    select account_id as customer_key, segment
    from {{ ref('int_accounts') }}
    where segment is not null
),

-- who paid at the start of the window, and what they pay at its end; new clients do not count
pairs as (
    select
        {{ months_after('starts.month', 'windows.window_months') }} as month,
        segments.segment,
        windows.window_months,
        starts.mrr as start_mrr,
        starts.account_id,
        case when ends.customer_key is null then 0 else ends.mrr end as end_mrr
    from movements as starts
    cross join windows
    cross join clock
    inner join segments on starts.customer_key = segments.customer_key
    left join movements as ends
        on starts.customer_key = ends.customer_key
        and ends.month = {{ months_after('starts.month', 'windows.window_months') }}
    where {{ months_after('starts.month', 'windows.window_months') }} <= clock.as_of_date
),

-- companies stand in roi.mrr_movements by name, so that whoever else is in a sum is told by it
groups as (
    select *, {{ few_private('account_id is null', 'month, segment, window_months') }} as are_few_private
    from pairs
),

sums as (
    select
        month,
        segment,
        window_months,
        bool_or(are_few_private) as are_few_private,
        count(*) as n,
        count(*) - count(start_mrr + end_mrr) as without_rate,
        sum(start_mrr) as start_mrr,
        sum(greatest(end_mrr - start_mrr, 0)) as expansion,
        sum(case when end_mrr > 0 then greatest(start_mrr - end_mrr, 0) else 0 end) as contraction,
        sum(case when end_mrr = 0 then start_mrr else 0 end) as churned_mrr,
        sum(case when end_mrr = 0 then 1 else 0 end) as churned
    from groups
    where account_id is not null or not are_few_private
    group by month, segment, window_months
),

final as (
    select
        sums.month,
        sums.segment,
        cast(sums.window_months as integer) as window_months,
        cast(sums.n as bigint) as n,
        cast(case when sums.without_rate = 0 then sums.start_mrr end as decimal(38, 4)) as start_mrr,
        cast(case when sums.without_rate = 0 then sums.expansion end as decimal(38, 4)) as expansion,
        cast(case when sums.without_rate = 0 then sums.contraction end as decimal(38, 4)) as contraction,
        cast(case when sums.without_rate = 0 then sums.churned_mrr end as decimal(38, 4)) as churned_mrr,
        '{{ var("reporting_currency") }}' as currency,
        case
            when sums.without_rate = 0
                then {{ ratio('sums.start_mrr + sums.expansion - sums.contraction - sums.churned_mrr', 'sums.start_mrr') }}
        end as nrr,
        case when sums.without_rate = 0 then {{ ratio('sums.start_mrr - sums.contraction - sums.churned_mrr', 'sums.start_mrr') }} end as grr,
        {{ ratio('sums.churned', 'sums.n') }} as logo_churn,
        'exact' || {{ few_private_note('sums.are_few_private') }} as method,
        {{ is_over('last_day(sums.month)') }} as is_complete,
        case when sums.without_rate > 0 then 'no exchange rate for ' || sums.without_rate || ' accounts' end as suppressed_reason,
        clock.is_demo
    from sums
    cross join clock
)

select * from final

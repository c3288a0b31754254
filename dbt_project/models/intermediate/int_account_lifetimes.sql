with clock as (
    select *, {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

movements as (
    select * from {{ ref('roi_mrr_movements') }}
),

-- from the first paid month to the first without; who pays still is censored at the clock, who came back counts as lost once
spans as (
    select
        customer_key,
        min(account_id) as account_id,
        min(case when category is distinct from 'churn' then month end) as first_month,
        min(case when category = 'churn' then month end) as churn_month
    from movements
    group by customer_key
),

now_paying as (
    select movements.customer_key, movements.mrr
    from movements
    inner join clock on movements.month = clock.as_of_month
    where movements.category is distinct from 'churn'
)

select
    spans.customer_key,
    spans.account_id,
    accounts.segment,
    spans.first_month,
    spans.churn_month is not null as is_event,
    {{ months_apart('spans.first_month', 'coalesce(spans.churn_month, clock.as_of_month)') }} as months,
    {{ months_apart('spans.first_month', 'clock.as_of_month') }} as age_months,
    now_paying.customer_key is not null as is_paying,
    now_paying.mrr
from spans
cross join clock
left join now_paying on spans.customer_key = now_paying.customer_key
left join {{ ref('int_accounts') }} as accounts on spans.account_id = accounts.account_id

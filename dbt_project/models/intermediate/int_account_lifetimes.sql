with clock as (
    select *, {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

movements as (
    select * from {{ ref('roi_mrr_movements') }}
),

-- from the first paid month to the first without; who pays still is censored at the clock, who came back counts as lost once
spans as (
    select
        account_id,
        min(case when category is distinct from 'churn' then month end) as first_month,
        min(case when category = 'churn' then month end) as churn_month
    from movements
    group by account_id
),

now_paying as (
    select movements.account_id, movements.mrr
    from movements
    inner join clock on movements.month = clock.as_of_month
    where movements.category is distinct from 'churn'
)

select
    spans.account_id,
    accounts.segment,
    spans.first_month,
    spans.churn_month is not null as is_event,
    {{ months_apart('spans.first_month', 'coalesce(spans.churn_month, clock.as_of_month)') }} as months,
    {{ months_apart('spans.first_month', 'clock.as_of_month') }} as age_months,
    now_paying.account_id is not null as is_paying,
    now_paying.mrr
from spans
cross join clock
left join now_paying on spans.account_id = now_paying.account_id
left join {{ ref('int_accounts') }} as accounts on spans.account_id = accounts.account_id

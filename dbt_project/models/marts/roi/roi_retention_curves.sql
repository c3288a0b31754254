with clock as (
    select *, {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

-- from the first paid month to the first without; who pays still is censored at the clock, who came back counts as lost once
spans as (
    select
        account_id,
        min(case when category = 'new' then month end) as new_month,
        min(case when category = 'churn' then month end) as churn_month
    from {{ ref('roi_mrr_movements') }}
    group by account_id
),

lifetimes as (
    select
        spans.account_id,
        spans.churn_month is not null as is_event,
        {{ months_apart('spans.new_month', 'coalesce(spans.churn_month, clock.as_of_month)') }} as t
    from spans
    cross join clock
    where spans.new_month is not null
),

segments as (
    select account_id, 'all' as segment from lifetimes
    union all
    select account_id, segment from {{ ref('int_accounts') }} where segment is not null
),

counts as (
    select
        segments.segment,
        lifetimes.t,
        count(*) as leaving,
        sum(case when lifetimes.is_event then 1 else 0 end) as events
    from lifetimes
    inner join segments on lifetimes.account_id = segments.account_id
    group by segments.segment, lifetimes.t
),

curve as (
    {{ kaplan_meier_curve('counts', ['segment']) }}
),

final as (
    select
        curve.segment,
        cast(curve.t as integer) as month_number,
        cast(curve.at_risk as bigint) as at_risk,
        cast(curve.events as bigint) as events,
        {{ published_double('curve.survival') }} as survival,
        {{ published_double('curve.lower') }} as lo,
        {{ published_double('curve.upper') }} as hi,
        'Kaplan-Meier, log-log limits' as method,
        clock.is_demo
    from curve
    cross join clock
)

select * from final

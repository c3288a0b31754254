with subscriptions as (
    select * from {{ source('stripe', 'subscriptions') }}
),

customers as (
    select * from {{ source('stripe', 'customers') }}
),

-- prices are by day, week, month or year, or several of them; amounts are in smallest units
items as (
    select
        subscription_id,
        changed,
        {{ dbt.safe_cast('amount', 'decimal(18, 4)') }} * cast(coalesce(quantity, 1) as decimal(9, 0))
        * case interval when 'day' then 365 when 'week' then 52 when 'month' then 12 when 'year' then 1 end as in_times_a_year,
        12 * coalesce(interval_count, 1) as parts
    from {{ source('stripe', 'subscription_items') }}
),

monthly as (
    select
        subscription_id,
        changed,
        case when count(*) = count(in_times_a_year) then sum(cast(round(in_times_a_year / parts, 4) as decimal(18, 4))) end as monthly_units
    from items
    group by subscription_id, changed
),

states as (
    select
        subscriptions.*,
        monthly.monthly_units,
        row_number() over (partition by subscriptions.subscription_id order by subscriptions.changed desc) as from_the_end
    from subscriptions
    left join monthly on subscriptions.subscription_id = monthly.subscription_id and subscriptions.changed = monthly.changed
),

-- as it is now: what it has become decides whether it was ever paid, and when it ended
lives as (
    select
        subscription_id,
        customer_id,
        account_id,
        currency,
        greatest(coalesce(start_date, created), coalesce(trial_end, 0)) as started,
        ended_at as ended,
        _observed_at
    from states
    where from_the_end = 1 and status not in ('incomplete', 'incomplete_expired', 'trialing')
),

prices as (
    select
        states.subscription_id,
        states.monthly_units,
        states.changed,
        lag(states.monthly_units) over (partition by states.subscription_id order by states.changed) as before,
        lag(states.changed) over (partition by states.subscription_id order by states.changed) is null as is_first
    from states
),

-- a paid period lasts as long as its price
periods as (
    select
        subscription_id,
        monthly_units,
        is_first,
        changed,
        lead(changed) over (partition by subscription_id order by changed) as next_changed
    from prices
    where is_first or monthly_units is distinct from before
),

bounded as (
    select
        lives.*,
        periods.monthly_units,
        periods.is_first,
        periods.changed,
        case when periods.is_first then lives.started else greatest(periods.changed, lives.started) end as period_start,
        case
            when periods.next_changed is null then lives.ended
            when lives.ended is null then periods.next_changed
            else least(periods.next_changed, lives.ended)
        end as period_end
    from lives
    inner join periods on lives.subscription_id = periods.subscription_id
)

select
    bounded.subscription_id || case when bounded.is_first then '' else ':' || cast(bounded.changed as text) end as subscription_id,
    coalesce(bounded.account_id, customers.account_id, bounded.customer_id) as account_id,
    {{ epoch_time('bounded.period_start') }} as started_at,
    {{ stripe_amount('bounded.monthly_units', 'bounded.currency') }} as monthly_amount,
    upper(bounded.currency) as currency,
    {{ epoch_time('bounded.period_end') }} as ended_at,
    'stripe' as source,
    bounded._observed_at
from bounded
left join customers on bounded.customer_id = customers.customer_id
where
    bounded.monthly_units is not null
    and coalesce(bounded.account_id, customers.account_id, bounded.customer_id) is not null
    and (bounded.period_end is null or bounded.period_end > bounded.period_start)

with credits as (
    select
        * replace (
            coalesce(campaign_id, case when channel in ('direct', 'unattributed') then '(' || channel || ')' else '(not set)' end) as campaign_id
        )
    from {{ ref('roi_attribution_credits') }}
),

booked as (
    select
        'cash' as clock,
        converted_month as month,
        channel,
        campaign_id,
        model,
        lookback_rule,
        lookback_days,
        customer_key,
        credit as conversions,
        case when is_new_customer then credit else 0 end as new_customers,
        booked_revenue as revenue,
        booked_margin as contribution_margin,
        margin_basis
    from credits
),

refunded as (
    select
        'cash' as clock,
        refunds.refunded_month as month,
        credits.channel,
        credits.campaign_id,
        credits.model,
        credits.lookback_rule,
        credits.lookback_days,
        credits.customer_key,
        0 as conversions,
        0 as new_customers,
        refunds.refunded_revenue as revenue,
        refunds.refunded_margin as contribution_margin,
        credits.margin_basis
    from {{ ref('int_refund_credits') }} as refunds
    inner join credits
        on refunds.conversion_id = credits.conversion_id
        and {{ same_rule('refunds', 'credits') }}
        and refunds.from_start = credits.from_start
),

earned as (
    select
        'accrual' as clock,
        coalesce({{ reporting_month('touched_at') }}, converted_month) as month,
        channel,
        campaign_id,
        model,
        lookback_rule,
        lookback_days,
        customer_key,
        credit as conversions,
        case when is_new_customer then credit else 0 end as new_customers,
        revenue,
        contribution_margin,
        margin_basis
    from credits
),

dated as (
    select * from booked
    union all
    select * from refunded
    union all
    select * from earned
)

select
    clock,
    month,
    channel,
    campaign_id,
    model,
    lookback_rule,
    lookback_days,
    customer_key,
    cast(sum(conversions) as decimal(38, 12)) as conversions,
    cast(sum(new_customers) as decimal(38, 12)) as new_customers,
    cast(coalesce(sum(revenue), 0) as decimal(38, 4)) as revenue,
    cast(coalesce(sum(contribution_margin), 0) as decimal(38, 4)) as contribution_margin,
    count(*) as bookings,
    count(*) - count(revenue) as bookings_without_rate,
    count(*) - count(contribution_margin) as bookings_without_margin,
    sum(case when margin_basis = 'assumed' then 1 else 0 end) as bookings_assumed
from dated
group by clock, month, channel, campaign_id, model, lookback_rule, lookback_days, customer_key

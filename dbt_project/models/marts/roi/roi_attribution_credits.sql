{{ config(materialized='view') }}
{#- A view: the rows would take many times as long to write as to work out. Its relations are named within their file, which readers
    attach under names of their own. -#}
with shares as (
    select * from {{ in_same_file(ref('int_credit_shares')) }}
),

parts as (
    {{ credit_rows('shares', attribution_models(), attribution_lookbacks()) | indent(4) }}
),

-- int_clock itself is a view that names the warehouse
clock as (
    select distinct is_demo from shares
),

refunds as (
    select
        conversion_id,
        model,
        lookback_rule,
        lookback_days,
        from_start,
        case when count(*) = count(refunded_revenue) then sum(refunded_revenue) end as refunded_revenue,
        case when count(*) = count(refunded_margin) then sum(refunded_margin) end as refunded_margin
    from {{ in_same_file(ref('int_refund_credits')) }}
    group by conversion_id, model, lookback_rule, lookback_days, from_start
)

select
    parts.conversion_id,
    conversions.kind as conversion_kind,
    conversions.customer_key,
    conversions.account_id,
    conversions.person_key,
    touches.touch_id,
    parts.from_start,
    coalesce(touches.channel, 'unattributed') as channel,
    touches.platform,
    touches.campaign_id,
    parts.model,
    parts.lookback_rule,
    parts.lookback_days,
    cast(parts.credit_units * cast(0.000000000001 as decimal(13, 12)) as decimal(18, 12)) as credit,
    cast(parts.booked_revenue + case when refunds.conversion_id is null then 0 else refunds.refunded_revenue end as decimal(18, 4)) as revenue,
    cast(parts.booked_margin + case when refunds.conversion_id is null then 0 else refunds.refunded_margin end as decimal(18, 4))
        as contribution_margin,
    parts.booked_revenue,
    parts.booked_margin,
    conversions.margin_basis,
    '{{ var("reporting_currency") }}' as currency,
    touches.touched_at,
    conversions.converted_at,
    conversions.converted_month,
    cast(touches.seconds_before // 86400 as integer) as days_before,
    conversions.sale_kind,
    conversions.conversion_clock,
    conversions.is_new_customer,
    clock.is_demo
from parts
inner join {{ in_same_file(ref('int_conversions')) }} as conversions on parts.conversion_id = conversions.conversion_id
left join {{ in_same_file(ref('int_credit_touches')) }} as touches
    on parts.conversion_id = touches.conversion_id and parts.from_end = touches.from_end
left join refunds
    on parts.conversion_id = refunds.conversion_id
    and {{ same_rule('parts', 'refunds') }}
    and parts.from_start = refunds.from_start
cross join clock

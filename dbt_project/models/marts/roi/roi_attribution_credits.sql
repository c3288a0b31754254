{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='converted_month', on_schema_change='fail',
    pre_hook="{{ drop_stale_periods('int_credit_periods', 'converted_month') }}",
    post_hook="{{ keep_fingerprints('int_credit_periods') }}"
) }}
-- depends_on: {{ ref('int_credit_periods') }}
with conversions as (
    select * from {{ ref('int_conversions') }}
    where {{ in_stale_periods('int_credit_periods', 'converted_month') }}
),

journeys as (
    select * from {{ ref('int_journeys') }}
    where {{ in_stale_periods('int_credit_periods', 'converted_month') }}
),

windows as (
    {% for days in attribution_lookbacks() -%}
    select
        *,
        'fixed' as lookback_rule,
        {{ days }} as lookback_days,
        {{ days_before('converted_at', days) }} as window_starts_at
    from conversions
    union all
    {% endfor -%}
    select
        *,
        'own' as lookback_rule,
        cast(null as integer) as lookback_days,
        own_window_starts_at as window_starts_at
    from conversions
),

-- a conversion without a touch in the window keeps one row: it is nobody's
in_window as (
    select
        windows.*,
        journeys.touch_id,
        case when journeys.touch_id is null then 'unattributed' else journeys.channel end as channel,
        journeys.platform,
        journeys.campaign_id,
        journeys.touched_at,
        journeys.seconds_before,
        row_number() over (
            partition by windows.conversion_id, windows.lookback_rule, windows.lookback_days
            order by journeys.touched_at, journeys.touch_id
        ) as from_start,
        count(*) over (partition by windows.conversion_id, windows.lookback_rule, windows.lookback_days) as touches,
        count(*) over (
            partition by windows.conversion_id, windows.lookback_rule, windows.lookback_days, journeys.channel
        ) as touches_of_channel,
        min(journeys.seconds_before) over (
            partition by windows.conversion_id, windows.lookback_rule, windows.lookback_days
        ) as seconds_of_last
    from windows
    left join journeys
        on windows.conversion_id = journeys.conversion_id
        and journeys.touched_at >= windows.window_starts_at
),

-- W-shaped: the first touch, the last at or before the contact's creation, and before the deal's
with_milestones as (
    select
        *,
        touches - from_start + 1 as from_end,
        seconds_before - seconds_of_last as seconds_before_last,
        max(case when touched_at <= contact_created_at then from_start end) over (
            partition by conversion_id, lookback_rule, lookback_days
        ) as contact_touch,
        max(case when touched_at <= opportunity_created_at then from_start end) over (
            partition by conversion_id, lookback_rule, lookback_days
        ) as opportunity_touch
    from in_window
),

counted as (
    select
        *,
        case when opportunity_created_at is not null then
            case when from_start = 1 then 1 else 0 end
            + case when from_start = contact_touch then 1 else 0 end
            + case when from_start = opportunity_touch then 1 else 0 end
        end as milestones,
        touches - 1
        - case when coalesce(contact_touch, 1) <> 1 then 1 else 0 end
        - case when coalesce(opportunity_touch, 1) not in (1, coalesce(contact_touch, 1)) then 1 else 0 end as ordinary_touches
    from with_milestones
),

weighted as (
    select
        *,
        {{ credit_weight() }} as weight
    from counted
    cross join ({% for model in attribution_models() %}select '{{ model }}' as model{{ ' union all ' if not loop.last }}{% endfor %}) as models
),

shares as (
    select
        *,
        {{ credit_units('weight', 'sum(weight) over (partition by conversion_id, model, lookback_rule, lookback_days)') }} as units
    from weighted
    where weight > 0
),

credited as (
    select
        *,
        cast(
            case
                when from_start = max(from_start) over (partition by conversion_id, model, lookback_rule, lookback_days)
                    then 1000000000000 - sum(units) over (partition by conversion_id, model, lookback_rule, lookback_days) + units
                else units
            end * cast(0.000000000001 as decimal(13, 12)) as decimal(18, 12)
        ) as credit
    from shares
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
    from ({{ refund_credits('credited') }}) as split
    group by conversion_id, model, lookback_rule, lookback_days, from_start
),

booked as (
    select
        *,
        {{ split_cents('revenue', 'credit', '1', 'conversion_id, model, lookback_rule, lookback_days', 'from_start') }} as booked_revenue,
        {{ split_cents('contribution_margin', 'credit', '1', 'conversion_id, model, lookback_rule, lookback_days', 'from_start') }} as booked_margin
    from credited
),

final as (
    select
        booked.conversion_id,
        booked.kind as conversion_kind,
        booked.customer_key,
        booked.account_id,
        booked.person_key,
        booked.touch_id,
        booked.from_start,
        booked.channel,
        booked.platform,
        booked.campaign_id,
        booked.model,
        booked.lookback_rule,
        booked.lookback_days,
        booked.credit,
        cast(booked.booked_revenue + case when refunds.conversion_id is null then 0 else refunds.refunded_revenue end as decimal(18, 4)) as revenue,
        cast(booked.booked_margin + case when refunds.conversion_id is null then 0 else refunds.refunded_margin end as decimal(18, 4)) as contribution_margin,
        booked.booked_revenue,
        booked.booked_margin,
        booked.margin_basis,
        '{{ var("reporting_currency") }}' as currency,
        booked.touched_at,
        booked.converted_at,
        booked.converted_month,
        cast(booked.seconds_before // 86400 as integer) as days_before,
        booked.sale_kind,
        booked.conversion_clock,
        booked.is_new_customer,
        clock.is_demo
    from booked
    cross join {{ ref('int_clock') }} as clock
    left join refunds
        on booked.conversion_id = refunds.conversion_id
        and {{ same_rule('booked', 'refunds') }}
        and booked.from_start = refunds.from_start
)

select * from final

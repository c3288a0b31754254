{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['converted_month', 'model'],
    on_schema_change='fail', pre_hook="{{ drop_stale_periods('int_credit_periods', credit_batch()) }}",
    post_hook="{{ keep_fingerprints('int_credit_periods') }}"
) }}
-- depends_on: {{ ref('int_credit_periods') }}
with conversions as (
    select
        *,
        row_number() over (order by conversion_id) as conversion_no
    from (
        select
            *,
            {{ in_stale_periods('int_credit_periods', 'converted_month') }} as is_stale,
            {{ in_stale_periods('int_credit_periods', "'markov ' || cast(converted_month as text)") }} as is_markov_stale
        from {{ ref('int_conversions') }}
    ) as compared
    where is_stale or is_markov_stale
),

-- from here to `parts` only numbers are carried: windows over wide rows cost more than the joins that bring the words back
journeys as (
    select
        journeys.*,
        conversions.conversion_no,
        row_number() over (order by conversions.conversion_no, journeys.touched_at, journeys.touch_id) as journey_no,
        dense_rank() over (order by journeys.channel) as channel_no
    from {{ ref('int_journeys') }} as journeys
    inner join conversions on journeys.conversion_id = conversions.conversion_id
),

windows as (
    {% for days in attribution_lookbacks() -%}
    select
        conversion_no,
        {{ loop.index }} as lookback_no,
        {{ days_before('converted_at', days) }} as window_starts_at,
        contact_created_at,
        opportunity_created_at,
        is_stale,
        is_markov_stale
    from conversions
    union all
    {% endfor -%}
    select
        conversion_no,
        0 as lookback_no,
        own_window_starts_at as window_starts_at,
        contact_created_at,
        opportunity_created_at,
        is_stale,
        is_markov_stale
    from conversions
),

-- a conversion without a touch in the window keeps one row: it is nobody's
in_window as (
    select
        windows.conversion_no * 64 + windows.lookback_no * 16 as journey,
        windows.conversion_no,
        windows.lookback_no,
        journeys.journey_no,
        journeys.channel_no,
        journeys.seconds_before,
        windows.opportunity_created_at is not null as is_deal,
        windows.is_stale,
        windows.is_markov_stale,
        coalesce(journeys.touched_at <= windows.contact_created_at, false) as is_before_contact,
        coalesce(journeys.touched_at <= windows.opportunity_created_at, false) as is_before_deal
    from windows
    left join journeys
        on windows.conversion_no = journeys.conversion_no
        and windows.window_starts_at <= journeys.touched_at
),

counted as (
    select
        *,
        row_number() over (partition by journey order by journey_no) as from_start,
        count(*) over (partition by journey) as touches,
        sum(case when is_before_contact then 1 else 0 end) over (partition by journey) as contact_touch,
        sum(case when is_before_deal then 1 else 0 end) over (partition by journey) as deal_touch,
        min(seconds_before) over (partition by journey) as seconds_of_last
    from in_window
),

-- which rule speaks of which conversions: w_shaped of deals only; Markov credits are restated apart
rules as (
    {% for model in attribution_models() %}select '{{ model }}' as model, {{ loop.index }} as model_no{{ ' union all ' if not loop.last }}{% endfor %}
),

-- who takes all needs no splitting: the only one there is, the first, the last
alone as (
    select
        counted.conversion_no,
        counted.lookback_no,
        counted.journey_no,
        counted.from_start,
        rules.model,
        cast(1 as decimal(18, 12)) as credit,
        conversions.revenue as booked_revenue,
        conversions.contribution_margin as booked_margin
    from counted
    inner join rules
        on case when rules.model = 'markov' then counted.is_markov_stale else counted.is_stale end
        and (
            (counted.touches = 1 and (rules.model <> 'w_shaped' or counted.is_deal))
            or (rules.model = 'first' and counted.from_start = 1)
            or (rules.model = 'last' and counted.from_start = counted.touches)
        )
    inner join conversions on counted.conversion_no = conversions.conversion_no
),

shared as (
    select
        counted.*,
        rules.model,
        counted.journey + rules.model_no as part,
        counted.touches - counted.from_start + 1 as from_end,
        counted.seconds_before - counted.seconds_of_last as seconds_before_last,
        count(*) over (partition by counted.journey + rules.model_no, counted.channel_no) as touches_of_channel,
        -- W-shaped: the first touch, the last at or before the contact's creation, and before the deal's
        case when counted.from_start = 1 then 1 else 0 end
        + case when counted.from_start = counted.contact_touch then 1 else 0 end
        + case when counted.from_start = counted.deal_touch then 1 else 0 end as milestones,
        counted.touches - 1
        - case when counted.contact_touch > 1 then 1 else 0 end
        - case when counted.deal_touch > 1 and counted.deal_touch <> counted.contact_touch then 1 else 0 end as ordinary_touches
    from counted
    inner join rules
        on case when rules.model = 'markov' then counted.is_markov_stale else counted.is_stale end
        and rules.model not in ('first', 'last')
        and (rules.model <> 'w_shaped' or counted.is_deal)
    where counted.touches > 1
),

channels as (
    select distinct channel, channel_no from journeys
),

removal_weights as (
    select effects.chain_id, channels.channel_no, effects.weight as removal_weight
    from {{ ref('int_markov_effects') }} as effects
    inner join channels on effects.channel = channels.channel
),

weighted as (
    select shared.*, {{ credit_weight() }} as weight
    from shared
    left join removal_weights
        on shared.model = 'markov'
        and shared.lookback_no = removal_weights.chain_id
        and shared.channel_no = removal_weights.channel_no
),

units as (
    select
        *,
        {{ credit_units('weight', 'sum(weight) over (partition by part)') }} as units
    from weighted
),

credited as (
    select
        *,
        cast(
            case when from_end = 1 then 1000000000000 - sum(units) over (partition by part) + units else units end
            * cast(0.000000000001 as decimal(13, 12)) as decimal(18, 12)
        ) as credit
    from units
),

split as (
    select
        credited.conversion_no,
        credited.lookback_no,
        credited.journey_no,
        credited.from_start,
        credited.model,
        credited.credit,
        {{ split_cents('conversions.revenue', 'credited.credit', '1', 'credited.part', 'credited.from_start') }} as booked_revenue,
        {{ split_cents('conversions.contribution_margin', 'credited.credit', '1', 'credited.part', 'credited.from_start') }} as booked_margin
    from credited
    inner join conversions on credited.conversion_no = conversions.conversion_no
),

parts as (
    select * from alone
    union all
    select * from split
    where credit > 0
),

credits as (
    select
        conversions.conversion_id,
        conversions.kind as conversion_kind,
        conversions.customer_key,
        conversions.account_id,
        conversions.person_key,
        journeys.touch_id,
        parts.from_start,
        coalesce(journeys.channel, 'unattributed') as channel,
        journeys.platform,
        journeys.campaign_id,
        parts.model,
        case when parts.lookback_no = 0 then 'own' else 'fixed' end as lookback_rule,
        case parts.lookback_no{% for days in attribution_lookbacks() %} when {{ loop.index }} then {{ days }}{% endfor %} end as lookback_days,
        parts.credit,
        parts.booked_revenue,
        parts.booked_margin,
        conversions.margin_basis,
        journeys.touched_at,
        conversions.converted_at,
        conversions.converted_month,
        cast(journeys.seconds_before // 86400 as integer) as days_before,
        conversions.sale_kind,
        conversions.conversion_clock,
        conversions.is_new_customer
    from parts
    inner join conversions on parts.conversion_no = conversions.conversion_no
    left join journeys on parts.journey_no = journeys.journey_no
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
    from ({{ refund_credits('credits') }}) as refunded
    group by conversion_id, model, lookback_rule, lookback_days, from_start
),

final as (
    select
        credits.conversion_id,
        credits.conversion_kind,
        credits.customer_key,
        credits.account_id,
        credits.person_key,
        credits.touch_id,
        credits.from_start,
        credits.channel,
        credits.platform,
        credits.campaign_id,
        credits.model,
        credits.lookback_rule,
        cast(credits.lookback_days as integer) as lookback_days,
        credits.credit,
        cast(credits.booked_revenue + case when refunds.conversion_id is null then 0 else refunds.refunded_revenue end as decimal(18, 4)) as revenue,
        cast(credits.booked_margin + case when refunds.conversion_id is null then 0 else refunds.refunded_margin end as decimal(18, 4))
            as contribution_margin,
        credits.booked_revenue,
        credits.booked_margin,
        credits.margin_basis,
        '{{ var("reporting_currency") }}' as currency,
        credits.touched_at,
        credits.converted_at,
        credits.converted_month,
        credits.days_before,
        credits.sale_kind,
        credits.conversion_clock,
        credits.is_new_customer,
        clock.is_demo
    from credits
    cross join {{ ref('int_clock') }} as clock
    left join refunds
        on credits.conversion_id = refunds.conversion_id
        and {{ same_rule('credits', 'refunds') }}
        and credits.from_start = refunds.from_start
)

select * from final

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

-- 0 is the conversion's own
lookbacks as (
    {% for days in [none] + attribution_lookbacks() %}select {{ loop.index0 }} as lookback_no{{ ' union all ' if not loop.last }}{% endfor %}
),

windows as (
    select
        lookbacks.lookback_no,
        conversions.conversion_no,
        case lookbacks.lookback_no
            {%- for days in attribution_lookbacks() %}
            when {{ loop.index }} then {{ days_before('conversions.converted_at', days) }}
            {%- endfor %}
            else conversions.own_window_starts_at
        end as window_starts_at,
        conversions.contact_created_at,
        conversions.opportunity_created_at,
        conversions.is_stale,
        conversions.is_markov_stale,
        conversions.revenue,
        conversions.contribution_margin as margin
    from conversions
    cross join lookbacks
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
        windows.revenue,
        windows.margin,
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
    {% for model in attribution_models() %}select '{{ model }}' as model, {{ loop.index0 }} as model_no{{ ' union all ' if not loop.last }}{% endfor %}
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
        counted.revenue as booked_revenue,
        counted.margin as booked_margin
    from counted
    inner join rules
        on case when rules.model = 'markov' then counted.is_markov_stale else counted.is_stale end
        and (
            (counted.touches = 1 and (counted.is_deal or rules.model <> 'w_shaped'))
            or (counted.from_start = 1 and rules.model = 'first')
            or (counted.from_start = counted.touches and rules.model = 'last')
        )
),

channel_numbers as (
    select distinct channel, channel_no from journeys
),

removal_weights as (
    select effects.chain_id, channel_numbers.channel_no, effects.weight as removal_weight
    from {{ ref('int_markov_effects') }} as effects
    inner join channel_numbers on effects.channel = channel_numbers.channel
),

placed as (
    select
        counted.*,
        removal_weights.removal_weight,
        counted.touches - counted.from_start + 1 as from_end,
        counted.seconds_before - counted.seconds_of_last as seconds_before_last,
        count(*) over (partition by counted.journey, counted.channel_no) as touches_of_channel,
        -- W-shaped: the first touch, the last at or before the contact's creation, and before the deal's
        case when counted.from_start = 1 then 1 else 0 end
        + case when counted.from_start = counted.contact_touch then 1 else 0 end
        + case when counted.from_start = counted.deal_touch then 1 else 0 end as milestones,
        counted.touches - 1
        - case when counted.contact_touch > 1 then 1 else 0 end
        - case when counted.deal_touch > 1 and counted.deal_touch <> counted.contact_touch then 1 else 0 end as ordinary_touches
    from counted
    left join removal_weights
        on counted.lookback_no = removal_weights.chain_id
        and counted.channel_no = removal_weights.channel_no
    where counted.touches > 1
),

weighted as (
    select
        *,
        {%- for model in splitting_models() %}
        cast({{ credit_weight(model) }} as bigint) as {{ model }}_weight{{ ',' if not loop.last }}
        {%- endfor %}
    from placed
),

units as (
    select
        *,
        {%- for model in splitting_models() %}
        {{ credit_units(model ~ '_weight', 'sum(' ~ model ~ '_weight) over (partition by journey)') }} as {{ model }}_units{{ ',' if not loop.last }}
        {%- endfor %}
    from weighted
),

credited as (
    select
        *,
        {%- for model in splitting_models() %}
        cast({{ model }}_units + case when from_end = 1 then {{ units_of_credit() }} - sum({{ model }}_units) over (partition by journey) else 0 end as bigint)
            as {{ model }}_credit{{ ',' if not loop.last }}
        {%- endfor %}
    from units
),

-- one row for each rule that splits
shared as (
    select
        credited.conversion_no,
        credited.lookback_no,
        credited.journey_no,
        credited.from_start,
        credited.journey + rules.model_no as part,
        rules.model,
        case rules.model_no
            {%- for model in attribution_models() if model in splitting_models() %}
            when {{ attribution_models().index(model) }} then credited.{{ model }}_credit
            {%- endfor %}
        end as credit_units,
        credited.revenue,
        credited.margin
    from credited
    inner join rules
        on case when rules.model = 'markov' then credited.is_markov_stale else credited.is_stale end
        and (credited.is_deal or rules.model <> 'w_shaped')
        and rules.model not in ('first', 'last')
),

split as (
    {{ split_cents(
        '(select * from shared where credit_units > 0) as credited_shares', {'booked_revenue': 'revenue', 'booked_margin': 'margin'},
        'credit_units', units_of_credit(), 'part', 'from_start'
    ) | indent(4) }}
),

parts as (
    select * from alone
    union all
    select
        conversion_no,
        lookback_no,
        journey_no,
        from_start,
        model,
        cast(credit_units * cast(0.000000000001 as decimal(13, 12)) as decimal(18, 12)) as credit,
        booked_revenue,
        booked_margin
    from split
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
)

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

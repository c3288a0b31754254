{#- All rules at once: lists instead of rows, since sorting and copying a row for each rule costs many times what the rules do. -#}
{%- set lookbacks = credit_lookbacks(attribution_lookbacks()) -%}
{%- set shares = credit_shares(attribution_models(), attribution_lookbacks()) -%}
{%- set amounts = {'revenue': 'revenue', 'margin': 'contribution_margin'} -%}
with touches as (
    select * from {{ ref('int_credit_touches') }}
),

channels as (
    select channel, row_number() over (order by channel) as channel_no
    from (select distinct channel from touches) as seen
),

journeys as (
    select
        touches.conversion_id,
        -- later ones first: by time alone, since touches of one time have the same time
        list_reverse_sort(list(touches.touched_at)) as times,
        list_sort(list(touches.seconds_before)) as seconds_before,
        list_transform(
            list_sort(list(touches.from_end * 4294967296 + channels.channel_no)), placed -> placed & 4294967295
        ) as channels
    from touches
    inner join channels on touches.channel = channels.channel
    group by touches.conversion_id
),

conversions as (
    select
        conversions.conversion_id,
        conversions.converted_month,
        conversions.revenue,
        conversions.contribution_margin,
        conversions.opportunity_created_at is not null as is_deal,
        journeys.seconds_before,
        journeys.channels,
        [
            {%- for lookback in lookbacks %}
            coalesce(len(list_filter(journeys.times, touched_at -> touched_at >= {{ lookback.window_starts_at }})), 0){{ ',' if not loop.last }}
            {%- endfor %}
        ] as touches_of_lookbacks,
        -- place of the last touch at or before the contact's creation, and the deal's
        {%- for touch, time in {'contact_touch': 'contact_created_at', 'deal_touch': 'opportunity_created_at'}.items() %}
        case
            when conversions.{{ time }} is not null then len(list_filter(journeys.times, touched_at -> touched_at > conversions.{{ time }})) + 1
        end as {{ touch }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_conversions') }} as conversions
    left join journeys on conversions.conversion_id = journeys.conversion_id
),

-- lookbacks that hold the same touches share a window; one without a touch has a single part, which is nobody's
windows as (
    select *, unnest(list_distinct(touches_of_lookbacks)) as touches
    from conversions
),

placed as (
    select
        conversion_id,
        converted_month,
        touches,
        {%- for lookback in lookbacks %}
        touches = touches_of_lookbacks[{{ loop.index }}] as is_{{ lookback.name }},
        {%- endfor %}
        is_deal,
        revenue,
        contribution_margin,
        {%- for amount, given in amounts.items() %}
        {{ in_ten_thousandths(given) }} // 100 as {{ amount }}_cents,
        {{ in_ten_thousandths(given) }} % 100 as {{ amount }}_rest,
        {%- endfor %}
        contact_touch,
        deal_touch,
        touches - 1
        - case when contact_touch < touches then 1 else 0 end
        - case when deal_touch < touches and coalesce(deal_touch <> contact_touch, true) then 1 else 0 end as ordinary_touches,
        case
            when touches < 2 then [0]
            else list_transform(seconds_before[1:touches], seconds -> seconds - seconds_before[1])
        end as seconds_before_last,
        case when touches < 2 then [1] else channels[1:touches] end as channels
    from windows
),

counted as (
    select
        *,
        list_transform(channels, channel -> len(list_filter(channels, other -> other = channel))) as touches_of_channel
    from placed
),

chains as (
    {% for lookback in lookbacks -%}
    select {{ lookback.chain_id }} as chain_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

removal_weights as (
    select
        {%- for lookback in lookbacks %}
        list(effects.weight order by channels.channel_no) filter (where chains.chain_id = {{ lookback.chain_id }}) as removal_weights_{{ lookback.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from channels
    cross join chains
    left join {{ ref('int_markov_effects') }} as effects on channels.channel = effects.channel and chains.chain_id = effects.chain_id
),

weighted as (
    select
        counted.*,
        {%- for share in shares %}
        case when {{ share.holds }} then {{ list_of_weights(share.weight) }} end as {{ share.name }}_weights{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    cross join removal_weights
),

totalled as (
    select
        *,
        {%- for share in shares %}
        cast(list_sum({{ share.name }}_weights) as double) as {{ share.name }}_total{{ ',' if not loop.last }}
        {%- endfor %}
    from weighted
),

-- units of 1e-12, rounded down
rounded as (
    select
        *,
        {%- for share in shares %}
        {{ list_of_units(share.name ~ '_weights', share.name ~ '_total') }} as {{ share.name }}_rounded{{ ',' if not loop.last }}
        {%- endfor %}
    from totalled
),

left_over as (
    select
        *,
        {%- for share in shares %}
        cast({{ units_of_credit() }} - list_sum({{ share.name }}_rounded) as bigint) as {{ share.name }}_rest{{ ',' if not loop.last }}
        {%- endfor %}
    from rounded
),

credited as (
    select
        *,
        {%- for share in shares %}
        {{ with_rest(share.name ~ '_rounded', share.name ~ '_rest') }} as {{ share.name }}_credit{{ ',' if not loop.last }}
        {%- endfor %}
    from left_over
),

remaining as (
    select
        *,
        {%- for share in shares %}
        {%- for amount in amounts %}
        {{ list_of_remainders(amount ~ '_cents', share.name ~ '_credit') }} as {{ share.name }}_{{ amount }}_remainders{{ ',' if not loop.last }}
        {%- endfor %}{{ ',' if not loop.last }}
        {%- endfor %}
    from credited
),

barred as (
    select
        *,
        {%- for share in shares %}
        {%- for amount in amounts %}
        {%- set part = share.name ~ '_' ~ amount %}
        {{ bar_of_remainders(part ~ '_remainders') }} as {{ part }}_bar{{ ',' if not loop.last }}
        {%- endfor %}{{ ',' if not loop.last }}
        {%- endfor %}
    from remaining
)

select
    barred.conversion_id,
    barred.converted_month,
    barred.touches,
    {%- for lookback in lookbacks %}
    barred.is_{{ lookback.name }},
    {%- endfor %}
    barred.is_deal,
    barred.revenue,
    barred.contribution_margin as margin,
    {%- for share in shares %}
    barred.{{ share.name }}_credit,
    {%- for amount in amounts %}
    {%- set part = share.name ~ '_' ~ amount %}
    {{ list_of_money(amount, share.name ~ '_credit', part ~ '_remainders', part ~ '_bar') }} as {{ part }},
    {%- endfor %}
    {%- endfor %}
    clock.is_demo
from barred
cross join {{ ref('int_clock') }} as clock

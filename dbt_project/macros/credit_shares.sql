{#
  Credit of many touches at once: a list for each conversion and window, last touch first, so that neither a sort of all rows nor one row
  for each rule is needed. Expressions below are made of lists; `i` is a touch's place, 1 = the last.
#}

{% macro credit_shares(models, lookbacks) -%}
{#- What int_credit_shares works out: rules that split, Markov once for each lookback since its chain differs. -> name, weight, holds. -#}
{%- set found = [] -%}
{%- for model in models if model not in ('first', 'last', 'markov') -%}
    {%- do found.append({'name': model, 'weight': credit_weight(model), 'holds': 'is_deal' if model == 'w_shaped' else 'true'}) -%}
{%- endfor -%}
{%- for lookback in credit_lookbacks(lookbacks) if 'markov' in models -%}
    {%- do found.append({'name': 'markov_' ~ lookback.name, 'weight': credit_weight('markov', lookback.name), 'holds': 'is_' ~ lookback.name}) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{% macro credit_lookbacks(lookbacks) -%}
{#- The deal's own window and the fixed ones -> name, chain_id, rule, days, window_starts_at. -#}
{%- set found = [{'name': 'own', 'chain_id': 0, 'rule': 'own', 'days': none, 'window_starts_at': 'conversions.own_window_starts_at'}] -%}
{%- for days in lookbacks -%}
    {%- do found.append({
        'name': days ~ '_days', 'chain_id': loop.index, 'rule': 'fixed', 'days': days, 'window_starts_at': days_before('conversions.converted_at', days),
    }) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{% macro credit_weight(model, lookback='own') -%}
{#-
  Weight of a touch among several under a rule that splits, a whole number up to 1e12; its credit is its weight over the sum of its window.
  Reads of the window: touches, contact_touch and deal_touch (place of the last touch at or before the contact's and the deal's creation),
  ordinary_touches (those that are no milestone), and lists of its touches: seconds_before_last, touches_of_channel, channels.
-#}
{%- set milestones = '(case when i = touches then 1 else 0 end + case when i = contact_touch then 1 else 0 end + case when i = deal_touch then 1 else 0 end)' -%}
{{ return({
    'linear': '1',
    'position': 'case when touches > 2 and (i = 1 or i = touches) then 2 * (touches - 2) else 1 end',
    'time_decay': time_decay_weight('seconds'),
    'w_shaped': 'case when ' ~ milestones ~ ' > 0 then 3 * ' ~ milestones ~ ' * greatest(ordinary_touches, 1) else 1 end',
    'shapley': '1000000000000 // touches_of_channel[i]',
    'markov': 'greatest(removal_weights_' ~ lookback ~ '[channels[i]] // touches_of_channel[i], 1)',
}[model]) }}
{%- endmacro %}

{% macro time_decay_weight(seconds) -%}{{ return(adapter.dispatch('time_decay_weight')(seconds)) }}{%- endmacro %}

{% macro duckdb__time_decay_weight(seconds) -%}
{#- Age is counted from the last touch: the common factor cancels, and a long window does not round everything to 0. -#}
cast(round(1e12 * pow(2.0, -{{ seconds }} / {{ time_decay_half_life_seconds() }}.0)) as bigint)
{%- endmacro %}

{% macro list_of_weights(weight) -%}
list_transform(seconds_before_last, (seconds, i) -> cast({{ weight }} as bigint))
{%- endmacro %}

{% macro list_of_units(weights, total) -%}
{#- Whole units of 1e-12, rounded down. -#}
list_transform({{ weights }}, weight -> cast(floor(1e12 * (cast(weight as double) / cast({{ total }} as double))) as bigint))
{%- endmacro %}

{% macro list_of_remainders(cents, units) -%}
{#-
  What rounding down to whole cents would take from each part, in an order without ties: of two alike the one nearer to the end is the
  greater (no journey has 2^22 touches). A product below 2^63 is worked out in 64 bits, several times as fast as in 128.
-#}
case
    when abs({{ cents }}) < 9000000
        then list_transform({{ units }}, (unit, i) -> abs({{ cents }} * unit % {{ units_of_credit() }}) * 4194304 - i)
    else list_transform({{ units }}, (unit, i) -> cast(abs(cast({{ cents }} as hugeint) * unit % {{ units_of_credit() }}) as bigint) * 4194304 - i)
end
{%- endmacro %}

{% macro bar_of_remainders(remainders) -%}
{#- The least remainder that is rounded up: together they are as many cents as are left. NULL where none is. -#}
list_reverse_sort({{ remainders }})[cast(round(cast(list_sum({{ remainders }}) as double) / (4194304 * 1e12)) as bigint)]
{%- endmacro %}

{% macro with_rest(units, rest) -%}
list_transform({{ units }}, (unit, i) -> case when i = 1 then unit + {{ rest }} else unit end)
{%- endmacro %}

{% macro list_of_money(money, units, remainders, bar) -%}
{#- In 1e-4 of the currency: whole cents by largest remainder; what is smaller than a cent goes to the last touch. Reads <money>_cents, <money>_rest. -#}
case
    when abs({{ money }}_cents) < 9000000 and {{ money }}_rest = 0
        then list_transform(
            {{ units }},
            (unit, i) -> 100 * ({{ money }}_cents * unit // {{ units_of_credit() }} + case when {{ remainders }}[i] >= {{ bar }} then sign({{ money }}_cents) else 0 end)
        )
    else list_transform(
        {{ units }},
        (unit, i) -> 100 * (
            cast(cast({{ money }}_cents as hugeint) * unit // {{ units_of_credit() }} as bigint)
            + case when {{ remainders }}[i] >= {{ bar }} then sign({{ money }}_cents) else 0 end
        )
        + case when i = 1 then {{ money }}_rest else 0 end
    )
end
{%- endmacro %}

{% macro in_ten_thousandths(amount) -%}
{#- decimal(18,4) -> bigint, exact: the same digits without the point. -#}
cast(cast({{ amount }} as decimal(22, 4)) * 10000 as bigint)
{%- endmacro %}

{% macro credit_rows(shares, models, lookbacks) -%}
{#-
  Lists of int_credit_shares (or of a relation with its columns) -> one row for each conversion, rule, lookback and credited touch:
  conversion_id, model, lookback_rule, lookback_days, from_start, from_end (0 where there is no touch), credit_units, booked_revenue, booked_margin.
-#}
{%- for model in models -%}
{%- for lookback in credit_lookbacks(lookbacks) %}
select
    conversion_id,
    '{{ model }}' as model,
    '{{ lookback.rule }}' as lookback_rule,
    cast({{ lookback.days or 'null' }} as integer) as lookback_days,
    touches - from_end + 1 as from_start,
    from_end,
    credit_units,
    cast(booked_revenue * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)) as booked_revenue,
    cast(booked_margin * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)) as booked_margin
from (
    {%- if model in ('first', 'last') %}
    select
        conversion_id,
        touches,
        {{ 'touches' if model == 'first' else 'least(touches, 1)' }} as from_end,
        {{ units_of_credit() }} as credit_units,
        {{ in_ten_thousandths('revenue') }} as booked_revenue,
        {{ in_ten_thousandths('margin') }} as booked_margin
    {%- else %}
    {%- set name = 'markov_' ~ lookback.name if model == 'markov' else model %}
    select
        conversion_id,
        touches,
        unnest(generate_series(least(touches, 1), touches)) as from_end,
        unnest({{ name }}_credit) as credit_units,
        unnest({{ name }}_revenue) as booked_revenue,
        unnest({{ name }}_margin) as booked_margin
    {%- endif %}
    from {{ shares }}
    where is_{{ lookback.name }}
) as parts
where credit_units > 0
{{ 'union all' if not loop.last }}
{%- endfor %}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# Bootstrap-t of a sum over customers with Poisson(1) weights (METRICS section 3): the same weights on every engine. #}

{% macro bootstrap_replicates() -%}{{ return(var('bootstrap_replicates', 499)) }}{%- endmacro %}

{% macro bootstrap_blocks() -%}
{#- One md5 has 128 bits and serves 8 replicates of 16 bits each. -#}
{{ return((bootstrap_replicates() + 7) // 8) }}
{%- endmacro %}

{% macro bootstrap_tail_rank() -%}
{#- Order statistic of the lower 2.5 % among the replicates, rounded outwards: (499 + 1) x 0.025 -> the 12th and the 488th. -#}
{{ return((bootstrap_replicates() + 1) // 40) }}
{%- endmacro %}

{% macro md5_sixteen_bits(text, part) -%}
{#- A whole number from 0 to 65535: bytes 2 x part and 2 x part + 1 (part from 0 to 7) of the md5 of the text, the lower byte first. -#}
{{ return(adapter.dispatch('md5_sixteen_bits')(text, part)) }}
{%- endmacro %}

{% macro duckdb__md5_sixteen_bits(text, part) -%}
{#- DuckDB calls the number of the first eight bytes the upper one. -#}
cast((md5_number_{{ 'upper' if part < 4 else 'lower' }}({{ text }}) >> {{ 16 * (part % 4) }}) & 65535 as integer)
{%- endmacro %}

{% macro poisson_weight(bits) -%}
{#- Inverse distribution function of Poisson(1) at bits/65536; thresholds are 65536 x P(W <= w), rounded up. -#}
(
    {%- for threshold in [24110, 48219, 60274, 64292, 65297, 65498, 65531] %}
    case when {{ bits }} >= {{ threshold }} then 1 else 0 end{{ ' +' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{% macro bootstrap_weights(customers) -%}
{#- customers: a relation with customer_no and customer_key -> customer_no, block, w0 .. w7 (weights of 8 replicates). -#}
select
    customer_no,
    block,
    {%- for part in range(8) %}
    cast({{ poisson_weight('bits' ~ part) }} as double) as w{{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        customer_no,
        block,
        {%- for part in range(8) %}
        {{ md5_sixteen_bits("'" ~ var('bootstrap_seed', 'goodwill') ~ "|' || block || '|' || customer_key", part) }} as bits{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ customers }}
    cross join ({{ number_series(0, bootstrap_blocks() - 1, 'block') }}) as blocks
) as hashed
{%- endmacro %}

{% macro bootstrap_t(steps, customers) -%}
{#-
  Limits of t for sums of money that change from month to month (multiply by the standard error sqrt(sum x^2) and take from the sum).
  steps: series_id, month, customer_no, margin_before, margin_after: what a customer is worth in the series before and from the month on;
  whole numbers, one row where it changes. customers: customer_no, customer_key. A customer who is worth nothing needs no row: his weight
  multiplies 0. Gives series_id, month, t_lower, t_upper.

  Many worlds at once are many series: one series_id and customers of their own for each world
  (`world` as series_id, `world || '|' || customer` as customer_key), any month, margin_before 0. tests/test_roi_intervals.py does so.
-#}
with scaled as (
    -- t does not depend on the unit of money; in whole numbers below 2^15 sums of squares stay exact in doubles, in any order
    select
        series_id,
        month,
        customer_no,
        round(margin_after / unit) - round(margin_before / unit) as z,
        round(margin_after / unit) * round(margin_after / unit) - round(margin_before / unit) * round(margin_before / unit) as zz
    from (
        select
            series_id,
            month,
            customer_no,
            cast(margin_after as double) as margin_after,
            cast(margin_before as double) as margin_before,
            max(abs(cast(margin_after as double))) over (partition by series_id) / 32767 as unit
        from {{ steps }}
    ) as measured
    where unit > 0
),

weights as (
    {{ bootstrap_weights(customers) }}
),

totals as (
    select series_id, month, sum(z) as z
    from scaled
    group by series_id, month
),

blocks as (
    select
        scaled.series_id,
        scaled.month,
        weights.block,
        {%- for part in range(8) %}
        sum(scaled.z * weights.w{{ part }}) as z{{ part }},
        sum(scaled.zz * weights.w{{ part }}) as zz{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scaled
    inner join weights on scaled.customer_no = weights.customer_no
    group by scaled.series_id, scaled.month, weights.block
),

replicates as (
    {% for part in range(8) -%}
    select series_id, month, block * 8 + {{ part }} as replicate, z{{ part }} as z, zz{{ part }} as zz
    from blocks
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

statistics as (
    select
        replicates.series_id,
        replicates.month,
        (sum(replicates.z - totals.z) over so_far) / nullif(sqrt(sum(replicates.zz) over so_far), 0) as t
    from replicates
    inner join totals on replicates.series_id = totals.series_id and replicates.month = totals.month
    where replicates.replicate < {{ bootstrap_replicates() }}
    window so_far as (partition by replicates.series_id, replicates.replicate order by replicates.month)
),

ranked as (
    select
        series_id,
        month,
        t,
        row_number() over (partition by series_id, month order by t) as place
    from statistics
    where t is not null
)

select
    series_id,
    month,
    max(case when place = {{ bootstrap_tail_rank() }} then t end) as t_lower,
    max(case when place = {{ bootstrap_replicates() + 1 - bootstrap_tail_rank() }} then t end) as t_upper
from ranked
group by series_id, month
{%- endmacro %}

{% macro number_series(first, last, name) -%}{{ return(adapter.dispatch('number_series')(first, last, name)) }}{%- endmacro %}

{% macro duckdb__number_series(first, last, name) -%}
select generate_series as {{ name }} from generate_series({{ first }}, {{ last }})
{%- endmacro %}

{% macro interval_limit(t) -%}
{#- The sampling interval of the credited margin, set against the cost. Reads contribution_margin, standard_error, full_cost, missing_because. -#}
case
    when missing_because is null
        then {{ published_double('((cast(contribution_margin as double) - ' ~ t ~ ' * standard_error - cast(full_cost as double)) / cast(full_cost as double))') }}
end
{%- endmacro %}

{% macro minimum_effective_customers() -%}{{ return(30) }}{%- endmacro %}

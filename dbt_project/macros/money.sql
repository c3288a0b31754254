{# Money: decimals in their own currency and in the reporting currency. Rounding is half away from zero. #}

{% macro convert(amount, rate) -%}
{#- amount decimal(18,4) x rate decimal(38,12) -> decimal(18,4); the product of both has at most 38 digits. -#}
cast(round(cast({{ amount }} as decimal(38, 4)) * cast({{ rate }} as decimal(38, 12)), 4) as decimal(18, 4))
{%- endmacro %}

{% macro rate_join(alias, currency, date) -%}
{#- Joins the rate of a currency on a day, or of the latest day within 7 days before it; read it with rate(). -#}
left join {{ ref('int_daily_rates') }} as {{ alias }}
    on {{ currency }} = {{ alias }}.currency and {{ date }} = {{ alias }}.date
{%- endmacro %}

{% macro rate(alias, currency) -%}
{#- The reporting currency is worth 1 of itself whatever the file says; NULL where no rate is near: the reporting amount is then NULL. -#}
case when {{ currency }} = '{{ var("reporting_currency") }}' then cast(1 as decimal(38, 12)) else {{ alias }}.rate_to_reporting end
{%- endmacro %}

{% macro split_cents(rows, parts, weight, total_weight, partition_by, order_by) -%}
{#-
  rows (a relation) -> the same rows with a part of one or more amounts, split by weight among the rows of `partition_by`: whole cents by
  largest remainder (a tie goes to the last row by `order_by`), and what is smaller than a cent to the last row; the parts add up to the
  amount exactly. parts: {part: amount}, columns of decimals that are the same in all rows of a partition. Weights are whole numbers
  (bigint), not negative; `total_weight` is their sum over the partition. `order_by` is a column that tells the rows of a partition apart.
-#}
{{ return(adapter.dispatch('split_cents')(rows, parts, weight, total_weight, partition_by, order_by)) }}
{%- endmacro %}

{% macro duckdb__split_cents(rows, parts, weight, total_weight, partition_by, order_by) -%}
{#-
  `/` on decimals turns into a double. `//` and `%` truncate towards zero, so a refund splits like its payment. A product below 2^63 is
  worked out in 64 bits, several times as fast as in 128. Each is worked out once, and one order of rows serves all of an amount's windows.
-#}
{%- set is_narrow = 'greatest(abs(cast(%s_cents as double)), 1) * cast(' ~ total_weight ~ ' as double) < 9e18' -%}
select
    *,
    {%- for part, amount in parts.items() %}
    cast(
        ({{ part }}_floor + case when {{ part }}_place <= abs({{ part }}_cents - {{ part }}_floors) then sign({{ part }}_cents) else 0 end)
        * cast(0.01 as decimal(4, 2))
        + case when is_last_part then {{ amount }} - {{ part }}_cents * cast(0.01 as decimal(4, 2)) else 0 end as decimal(18, 4)
    ) as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        *,
        {%- for part in parts %}
        sum({{ part }}_floor) over {{ part }}_order as {{ part }}_floors,
        row_number() over {{ part }}_order as {{ part }}_place,
        {%- endfor %}
        {{ order_by }} = max({{ order_by }}) over {{ (parts | list)[0] }}_order as is_last_part
    from (
        select
            *,
            {%- for part in parts %}
            cast(
                case
                    when {{ is_narrow % part }} then {{ part }}_cents * {{ weight }} // {{ total_weight }}
                    else cast({{ part }}_cents as hugeint) * {{ weight }} // {{ total_weight }}
                end as bigint
            ) as {{ part }}_floor,
            cast(
                abs(case
                    when {{ is_narrow % part }} then {{ part }}_cents * {{ weight }} % {{ total_weight }}
                    else cast({{ part }}_cents as hugeint) * {{ weight }} % {{ total_weight }}
                end) as bigint
            ) as {{ part }}_remainder{{ ',' if not loop.last }}
            {%- endfor %}
        from (
            select
                *,
                {%- for part, amount in parts.items() %}
                cast(trunc({{ amount }} * 100) as bigint) as {{ part }}_cents{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ rows }}
        ) as in_cents
    ) as divided
    window
        {%- for part in parts %}
        {{ part }}_order as (
            partition by {{ partition_by }} order by {{ part }}_remainder desc, {{ order_by }} desc
            rows between unbounded preceding and unbounded following
        ){{ ',' if not loop.last }}
        {%- endfor %}
) as ranked
{%- endmacro %}

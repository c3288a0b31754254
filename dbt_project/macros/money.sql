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

{% macro split_cents(amount, weight, total_weight, partition_by, order_by) -%}
{#-
  A row's part of an amount that is split by weight among the rows of `partition_by`: whole cents by largest remainder (a tie goes to
  the last row by `order_by`), and what is smaller than a cent to the last row; the parts add up to the amount exactly.
  `order_by` must tell the rows of a partition apart; weights are not negative, `total_weight` is their sum over the partition.
-#}
{{ return(adapter.dispatch('split_cents')(amount, weight, total_weight, partition_by, order_by)) }}
{%- endmacro %}

{% macro duckdb__split_cents(amount, weight, total_weight, partition_by, order_by) -%}
{#- In hugeint: `/` on decimals turns into a double. `//` and `%` truncate towards zero, so a refund splits like its payment. -#}
{%- set cents = 'cast(trunc(cast(' ~ amount ~ ' as decimal(38, 4)) * 100) as hugeint)' -%}
{%- set share = 'cast(cast(' ~ weight ~ ' as decimal(38, 12)) * 1000000000000 as hugeint)' -%}
{%- set whole = 'cast(cast(' ~ total_weight ~ ' as decimal(38, 12)) * 1000000000000 as hugeint)' -%}
{%- set base = '(' ~ cents ~ ' * ' ~ share ~ ' // ' ~ whole ~ ')' -%}
{%- set remainder = '(' ~ cents ~ ' * ' ~ share ~ ' % ' ~ whole ~ ')' -%}
cast(
    (
        {{ base }}
        + case
            when
                row_number() over (partition by {{ partition_by }} order by abs({{ remainder }}) desc, {{ order_by }} desc)
                <= abs({{ cents }} - sum({{ base }}) over (partition by {{ partition_by }}))
                then sign({{ amount }})
            else 0
        end
    ) * cast(0.01 as decimal(4, 2))
    + case
        when row_number() over (partition by {{ partition_by }} order by {{ order_by }} desc) = 1
            then cast({{ amount }} as decimal(38, 4)) - {{ cents }} * cast(0.01 as decimal(4, 2))
        else 0
    end as decimal(18, 4)
)
{%- endmacro %}

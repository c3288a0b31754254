{% macro meta_amount(amount, currency) -%}
{#- Meta's smallest units -> amount: hundredths, but for these currencies (https://developers.facebook.com/docs/marketing-api/currencies). -#}
cast(
    ({{ amount }}) * case
        when upper({{ currency }}) in ('CLP', 'COP', 'CRC', 'HUF', 'IDR', 'ISK', 'JPY', 'KRW', 'PYG', 'TWD', 'VND') then cast(1 as decimal(3, 2))
        else cast(0.01 as decimal(3, 2))
    end as decimal(18, 4)
)
{%- endmacro %}

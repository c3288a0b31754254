{# Stripe's numbers: whole smallest units, and seconds since 1970. #}

{% macro stripe_amount(amount, currency) -%}
{#- Smallest units -> amount: yen have no decimals, dinars three; all others two (https://docs.stripe.com/currencies). -#}
cast(
    ({{ amount }}) * case
        when lower({{ currency }}) in ('bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf')
            then cast(1 as decimal(4, 3))
        when lower({{ currency }}) in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then cast(0.001 as decimal(4, 3))
        else cast(0.01 as decimal(4, 3))
    end as decimal(18, 4)
)
{%- endmacro %}

{% macro epoch_time(seconds) -%}{{ return(adapter.dispatch('epoch_time')(seconds)) }}{%- endmacro %}

{% macro duckdb__epoch_time(seconds) -%}make_timestamp({{ seconds }} * 1000000){%- endmacro %}

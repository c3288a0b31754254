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
{#- A whole number from 0 to 65535: the part-th (0 to 7) group of 16 bits of the md5 of the text. -#}
{{ return(adapter.dispatch('md5_sixteen_bits')(text, part)) }}
{%- endmacro %}

{% macro duckdb__md5_sixteen_bits(text, part) -%}
cast((md5_number_{{ 'lower' if part < 4 else 'upper' }}({{ text }}) >> {{ 16 * (part % 4) }}) & 65535 as integer)
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

{% macro number_series(first, last, name) -%}{{ return(adapter.dispatch('number_series')(first, last, name)) }}{%- endmacro %}

{% macro duckdb__number_series(first, last, name) -%}
select generate_series as {{ name }} from generate_series({{ first }}, {{ last }})
{%- endmacro %}

{% macro minimum_effective_customers() -%}{{ return(30) }}{%- endmacro %}

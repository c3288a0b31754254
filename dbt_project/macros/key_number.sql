{% macro key_number(columns) -%}
{#-
  A whole number of 64 bits for a key of one or more columns, NULL counting as a value: the same text gives the same number, and two of
  50,000,000 different texts meet with a chance of 7 in 100,000. Hundreds of millions of rows are joined and grouped by it, never published.
-#}
{{ return(adapter.dispatch('key_number')(columns)) }}
{%- endmacro %}

{% macro duckdb__key_number(columns) -%}
hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro key_number_of(column) -%}
{#- As key_number() of one column, NULL where it is NULL. -#}
case when {{ column }} is not null then {{ key_number([column]) }} end
{%- endmacro %}

{% macro number_type() -%}{{ return(adapter.dispatch('number_type')()) }}{%- endmacro %}

{% macro duckdb__number_type() -%}ubigint{%- endmacro %}

{% macro all_bits_of(number) -%}
{#- An aggregate: text that differs where the set of numbers does. -#}
{{ return(adapter.dispatch('all_bits_of')(number)) }}
{%- endmacro %}

{% macro duckdb__all_bits_of(number) -%}bit_xor({{ number }}) || '|' || sum({{ number }}){%- endmacro %}

{#
  Materialised in parts: a model whose windows and joins meet only rows of the same thread, person or message is built for one part of these after the
  other, so that memory does not grow with the number of rows. A model of this kind names the relation whose rows it counts, and each of its inputs says
  by which number it is parted:

      {{ config(materialized='in_parts', rows_of='int_messages_numbered') }}
      select ... from {{ ref('int_messages_numbered') }} where {{ in_part('thread_no') }}

  (`copies`: how many rows it makes of each, about, where it is several.) Numbers are 64-bit hashes and parts are ranges of them, so that a table that was written in parts is read in parts. Where all rows are one part, the
  condition is `true`: unit tests, and whoever renders a model alone, see the whole.
#}

{% macro in_part(number) -%}
true /* part of {{ number }} */
{%- endmacro %}

{% macro rows_at_a_time() -%}
{#- 3,000,000 messages take about 1 GB in the widest window. -#}
{{ return(var('rows_at_a_time', 3000000)) }}
{%- endmacro %}

{% macro sql_of_part(sql, part, parts) -%}
{%- set width = 18446744073709551616 // parts -%}
{%- set condition -%}
\1 between {{ part * width }} and {{ (part + 1) * width - 1 if part + 1 < parts else 18446744073709551615 }}
{%- endset -%}
{{ return(modules.re.sub('true /\* part of (.*?) \*/', condition if parts > 1 else 'true', sql)) }}
{%- endmacro %}

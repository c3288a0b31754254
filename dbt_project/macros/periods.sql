{#
  Incremental by whole periods (months). A model of this kind consists of two:

  1. int_<model>_periods: one row per period with `period` (a date, or what batch of rows it is) and `fingerprint` (text), made by fingerprint() over every row and
     every neighbour that the period's rows depend on.
  2. the model itself:

         {{ config(
             materialized='incremental', incremental_strategy='delete+insert', unique_key='month', on_schema_change='fail',
             pre_hook="{{ drop_stale_periods('int_<model>_periods', 'month') }}",
             post_hook="{{ keep_fingerprints('int_<model>_periods') }}"
         ) }}
         -- depends_on: {{ ref('int_<model>_periods') }}
         select ... where {{ in_stale_periods('int_<model>_periods', 'month') }}

  The fingerprints of what the model holds stand in intermediate.<model>__fingerprints. Hooks and model share one transaction, so a crash
  leaves both as they were. A period is stale where its fingerprint differs from the one kept, is new, or is gone.
#}

{% macro fingerprint(row_hash) -%}{{ return(adapter.dispatch('fingerprint')(row_hash)) }}{%- endmacro %}

{% macro duckdb__fingerprint(row_hash) -%}
{#- An aggregate: count, xor and sum tell any edit, addition or removal, in any order. The model's own text and the settings that shape it count as well. -#}
'{{ settings_fingerprint() }}' || ':' || count(*) || ':' || bit_xor({{ row_hash }}) || ':' || sum({{ row_hash }})
{%- endmacro %}

{% macro settings_fingerprint() -%}
{{ local_md5(var('reporting_currency') ~ '|' ~ var('reporting_time_zone')) }}
{%- endmacro %}

{% macro fingerprint_table() -%}
{{ api.Relation.create(database=this.database, schema='intermediate', identifier=model.name ~ '__fingerprints') }}
{%- endmacro %}

{% macro stale_periods(periods_model) -%}
select coalesce(cast(now_there.period as text), cast(kept.period as text)) as period
from {{ ref(periods_model) }} as now_there
full outer join {{ fingerprint_table() }} as kept on cast(now_there.period as text) = cast(kept.period as text)
where now_there.fingerprint || ':{{ logic_fingerprint() }}' is distinct from kept.fingerprint
{%- endmacro %}

{% macro logic_fingerprint() -%}{{ local_md5(model.raw_code) }}{%- endmacro %}

{% macro in_stale_periods(periods_model, column) -%}
{%- if is_incremental() -%}
cast({{ column }} as text) in ({{ stale_periods(periods_model) }})
{%- else -%}
true
{%- endif -%}
{%- endmacro %}

{% macro drop_stale_periods(periods_model, column) -%}
{%- if is_incremental() -%}
create table if not exists {{ fingerprint_table() }} (period text, fingerprint text);
delete from {{ this }} where cast({{ column }} as text) in ({{ stale_periods(periods_model) }});
{%- endif -%}
{%- endmacro %}

{% macro keep_fingerprints(periods_model) -%}
create or replace table {{ fingerprint_table() }} as
select period, fingerprint || ':{{ logic_fingerprint() }}' as fingerprint
from {{ ref(periods_model) }}
{%- endmacro %}

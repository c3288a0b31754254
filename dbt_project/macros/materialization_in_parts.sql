{# How dbt builds a model in parts: macros/in_parts.sql. #}

{% materialization in_parts, adapter='duckdb' -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set counted = run_query('select count(*) from ' ~ ref(config.require('rows_of'))) -%}
  {%- set rows = counted.rows[0][0] | int * config.get('copies', 1) -%}
  {%- set parts = [1, (rows + rows_at_a_time() - 1) // rows_at_a_time()] | max -%}

  {{ drop_relation_if_exists(load_cached_relation(intermediate_relation)) }}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {% call statement('main') -%}
    {{ create_table_as(False, intermediate_relation, sql_of_part(sql, 0, parts)) }}
  {%- endcall %}
  {% for part in range(1, parts) -%}
  {% call statement('part_' ~ part) -%}
    insert into {{ intermediate_relation }} {{ sql_of_part(sql, part, parts) }}
  {%- endcall %}
  {% endfor %}

  {{ drop_relation_if_exists(load_cached_relation(this)) }}
  {{ adapter.rename_relation(intermediate_relation, target_relation) }}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do persist_docs(target_relation, model) %}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{# A mart that exists before it is filled. #}

{% macro empty_columns() -%}
{#- The contract's columns as typed NULLs: the body of a mart that a later release fills; core.coverage says so. -#}
{%- for column in model.columns.values() %}
cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{% macro duckdb__get_assert_columns_equivalent(sql) -%}
{#- dbt's own check that the columns of a model are those of its contract, in words that say what to write, and where. -#}
{%- set given, promised, faults = {}, {}, [] -%}
{%- for column in get_column_schema_from_query(sql, config.get('sql_header', none)) -%}
    {%- do given.update({column.name: column.dtype | lower | replace('varchar', 'text')}) -%}
{%- endfor -%}
{%- if not model.columns -%}{{ exceptions.raise_compiler_error(contract_draft(given)) }}{%- endif -%}
{%- for column in get_column_schema_from_query(get_empty_schema_sql(model.columns)) -%}
    {%- do promised.update({column.name: column.dtype | lower | replace('varchar', 'text')}) -%}
{%- endfor -%}
{%- for name, type in given.items() -%}
    {%- if name not in promised -%}
        {%- do faults.append('the SQL gives ' ~ name ~ ', which the contract does not know: add ' ~ contract_column(name, type) ~ ', or do not select it') -%}
    {%- elif promised[name] != type -%}
        {%- do faults.append(name ~ ' is promised as ' ~ promised[name] ~ ' and the SQL gives ' ~ type ~ ': write cast(... as ' ~ promised[name] ~ ') as ' ~ name) -%}
    {%- endif -%}
{%- endfor -%}
{%- for name, type in promised.items() if name not in given -%}
    {%- do faults.append(name ~ ' (' ~ type ~ ') is promised and the SQL does not give it: select it, or where nobody reads it yet take it out of the contract') -%}
{%- endfor -%}
{%- if faults -%}
    {{ exceptions.raise_compiler_error('The contract in ' ~ model.patch_path.split('://')[-1] ~ ' is broken:\n- ' ~ faults | join('\n- ')) }}
{%- endif -%}
{%- endmacro %}

{% macro contract_column(name, type) -%}
{#- A column's line of a contract; its description is that of the model that it is read from. -#}
{%- set said = [] -%}
{%- for id in model.depends_on.nodes if id in graph.nodes and name in graph.nodes[id].columns -%}
    {%- do said.append(graph.nodes[id].columns[name].description) -%}
{%- endfor -%}
- {name: {{ name }}, data_type: {{ tojson(type) if '(' in type else type }}, description: {{ tojson(said | first if said else 'TODO') }}}
{%- endmacro %}

{% macro contract_draft(given) -%}
{#- What a model without a contract lacks, from the columns that its SQL gives. -#}
{%- set keys = [] -%}
{%- for name, type in given.items() if type in ('text', 'date') -%}{%- do keys.append(name) -%}{%- endfor -%}
{{ model.original_file_path }} has no contract yet. Put this beside it as {{ model.name }}.yml, and say what is TODO:
version: 2
models:
  - name: {{ model.name }}
    description: "TODO. Grain: one row per {{ keys | join(', ') }}."
    config: {meta: {tier: restricted}}
    data_tests:
      - unique_combination: {arguments: {columns: [{{ keys | join(', ') }}]}}
    columns:
{%- for name, type in given.items() %}
      {{ contract_column(name, type) }}
{%- endfor %}
{%- endmacro %}

{% macro in_same_file(relation) -%}
{#- schema.table of a relation, for a view that must hold under whatever name a reader attaches the warehouse. -#}
{{ (relation | string).split('.')[-2:] | join('.') }}
{%- endmacro %}

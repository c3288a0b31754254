{# The entities of the model: what the file drop gives, and the union of all sources. #}

{% macro files_entity(entity) -%}
{#- Staging of the file drop: the contract of the model names the columns; a value outside a closed enumeration becomes `other`. -#}
select
    {%- for column in model.columns.values() if not column.name.startswith('_') and column.name != 'source' %}
    {{ closed(column.name, column.get('config', {}).get('meta', {}).get('values')) }},
    {%- endfor %}
    cast('files' as {{ dbt.type_string() | lower }}) as source,
    cast(null as {{ dbt.type_timestamp() | lower }}) as _observed_at,
    _file,
    _line
from {{ source('files', entity) }}
where not coalesce(_deleted, false)
{%- endmacro %}

{% macro closed(column, values) -%}
{%- if values -%}
case when {{ column }} is null or {{ column }} in ('{{ values | join("', '") }}') then {{ column }} else 'other' end as {{ column }}
{%- else -%}
{{ column }}
{%- endif -%}
{%- endmacro %}

{% macro union_entity(entity) -%}
{#-
  One row per key of the entity: an API before a file (a file first where it is the company's own register), then the latest,
  then the last file and line. The key is in the contract of stg_files__<entity>. Rows whose key stands once are the most by far
  and are passed on as they come: to rank all would sort every column of all.
-#}
{%- set unioned = every_row(entity) -%}
{%- if execute -%}
{%- set meta = graph.nodes['model.goodwill.stg_files__' ~ entity].config.meta -%}
{%- set key = meta.key | join(', ') -%}
with repeated as (
    select {{ key_number(meta.key) }} as key_no
    from (
        {{ unioned | indent(8) }}
    ) as keys
    group by 1
    having count(*) > 1
),

alone as (
    select every_row.*, 0 as duplicate_rows
    from (
        {{ unioned | indent(8) }}
    ) as every_row
    left join repeated on {{ key_number(meta.key) }} = repeated.key_no
    where repeated.key_no is null
),

ranked as (
    select
        every_row.*,
        row_number() over (
            partition by {{ key }}
            order by
                case when source = 'files' then {{ 0 if meta.files_first else 1 }} else {{ 1 if meta.files_first else 0 }} end asc,
                {% if meta.latest_by is defined -%} {{ meta.latest_by }} desc nulls last, {% endif -%}
                _observed_at desc nulls last,
                source asc,
                _file desc,
                _line desc
        ) as _rank,
        count(*) over (partition by {{ key }}) - 1 as duplicate_rows
    from (
        {{ unioned | indent(8) }}
    ) as every_row
    inner join repeated on {{ key_number(meta.key) }} = repeated.key_no
)

select *
from alone
union all
select {{ all_columns_but(['_rank']) }}
from ranked
where _rank = 1
{%- endif -%}
{%- endmacro %}

{% macro every_row(entity) -%}
{#- What all sources say of the entity, repeated keys included. -#}
{%- set parts = [] -%}
{%- for source_name, entities in var('sources').items() if entity in entities -%}
{%- do parts.append(ref('stg_' ~ source_name ~ '__' ~ entity)) -%}
{%- endfor -%}
{{ return(union_by_name(parts)) }}
{%- endmacro %}

{% macro union_by_name(relations) -%}{{ return(adapter.dispatch('union_by_name')(relations)) }}{%- endmacro %}

{% macro duckdb__union_by_name(relations) -%}
{% for relation in relations -%}
select * from {{ relation }}
{% if not loop.last %}union all by name{% endif %}
{% endfor %}
{%- endmacro %}

{% macro all_columns_but(columns) -%}{{ return(adapter.dispatch('all_columns_but')(columns)) }}{%- endmacro %}

{% macro duckdb__all_columns_but(columns) -%}* exclude ({{ columns | join(', ') }}){%- endmacro %}

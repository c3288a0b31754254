{# What each source gave of each entity, column by column. #}

{% macro entity_coverage() -%}
{#- One row per source, entity and measure (column of the contract): rows, and rows in which it is given. -#}
{%- set parts = [] -%}
{%- for source_name, entities in var('sources').items() -%}
{%- for entity in entities -%}
{%- do parts.append((source_name, entity, ref('stg_' ~ source_name ~ '__' ~ entity))) -%}
{%- endfor -%}
{%- endfor -%}
{%- for source_name, entity, relation in parts %}
{%- set columns = contract_columns(source_name, entity) %}
select '{{ source_name }}' as source, '{{ entity }}' as entity, measures.measure, counted.row_count, measures.given_rows, measures.since
from (
    select
        count(*) as row_count,
        {% for column in columns -%}
        count({{ column }}) as given_{{ loop.index }},
        {{ 'min(case when ' ~ column ~ ' is not null then ' ~ entity_time(entity) ~ ' end)' if entity_time(entity) else 'cast(null as timestamp)' }}
            as since_{{ loop.index }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
) as counted
cross join lateral (
    values {% for column in columns %}('{{ column }}', given_{{ loop.index }}, since_{{ loop.index }}){{ ', ' if not loop.last }}{% endfor %}
) as measures (measure, given_rows, since)
{% if not loop.last %}union all{% endif %}
{%- endfor -%}
{%- endmacro %}

{% macro contract_columns(source_name, entity) -%}
{%- set names = [] -%}
{%- if execute -%}
{%- for column in graph.nodes['model.goodwill.stg_' ~ source_name ~ '__' ~ entity].columns.values() if not column.name.startswith('_') and column.name != 'source' -%}
{%- do names.append(column.name) -%}
{%- endfor -%}
{%- else -%}
{%- do names.append('source') -%}
{%- endif -%}
{{ return(names) }}
{%- endmacro %}

{% macro entity_time(entity) -%}
{{ return({
    'posts': 'posted_at', 'post_metrics': 'observed_at', 'profile_metrics': 'observed_at', 'interactions': 'occurred_at', 'conversations': 'opened_at',
    'touches': 'occurred_at', 'accounts': 'created_at', 'contacts': 'created_at', 'identity_links': 'matched_at', 'people': 'started_at',
    'memberships': 'valid_from', 'opportunities': 'created_at', 'revenue': 'occurred_at', 'subscriptions': 'started_at',
    'campaigns': 'cast(starts_on as timestamp)', 'ad_metrics': 'cast(date as timestamp)', 'costs': 'cast(period_start as timestamp)', 'surveys': 'answered_at',
    'survey_invitations': 'invited_at', 'experiments': 'cast(starts_on as timestamp)', 'experiment_outcomes': 'cast(date as timestamp)',
    'exchange_rates': 'cast(date as timestamp)', 'consents': 'recorded_at', 'erasures': 'requested_at', 'sentiment_labels': 'labelled_at',
    'story_submissions': 'submitted_at', 'story_reviews': 'reviewed_at',
}.get(entity)) }}
{%- endmacro %}

{% macro mart_inputs() -%}
{#-
  Per mart its name, why it is not filled yet, and the entities of its lineage. A mart that is made of nothing, or that says so
  (config.meta.not_filled), is left to a later release. Entities that only translate or take away are no reason to be empty;
  what is so for one mart alone is left out of its config.meta.made_of.
-#}
{%- set marts = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values() if node.resource_type == 'model' and 'marts' in node.fqn and node.name != model.name -%}
{%- set lineage = node.config.get('meta', {}).get('made_of') or upstream_entities(node.unique_id, []) -%}
{%- set inputs = lineage | reject('in', ['consents', 'erasures', 'exchange_rates']) | list -%}
{%- set not_filled = node.config.get('meta', {}).get('not_filled', none if inputs else 'a later release fills it') -%}
{%- do marts.append((node.schema ~ '.' ~ node.alias, not_filled, inputs)) -%}
{%- endfor -%}
{%- endif -%}
{{ return(marts | sort) }}
{%- endmacro %}

{% macro parents_of(unique_id) -%}
{#- Models that a node reads; through an est_* table those that its estimator reads. -#}
{%- set parents = [] -%}
{%- for parent in graph.nodes[unique_id].depends_on.nodes -%}
{%- if parent in graph.nodes -%}
{%- do parents.append(parent) -%}
{%- elif parent in graph.sources -%}
{%- for name in graph.sources[parent].config.get('meta', {}).get('reads', []) -%}
{%- do parents.append('model.goodwill.' ~ name) -%}
{%- endfor -%}
{%- endif -%}
{%- endfor -%}
{{ return(parents) }}
{%- endmacro %}

{% macro upstream_entities(unique_id, seen) -%}
{%- for parent in parents_of(unique_id) if parent not in seen -%}
{%- do seen.append(parent) -%}
{%- do upstream_entities(parent, seen) -%}
{%- endfor -%}
{%- set entities = [] -%}
{%- for node in seen if '.stg_' in node -%}
{%- set entity = node.split('__')[-1] -%}
{%- if entity not in entities -%}{%- do entities.append(entity) -%}{%- endif -%}
{%- endfor -%}
{{ return(entities | sort) }}
{%- endmacro %}

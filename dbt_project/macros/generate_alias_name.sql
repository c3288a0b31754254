{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
{#- models/marts/core/core_posts.sql -> core.posts: model names are unique in the project, tables carry their mart's name; from its second
    version on, also the version's, since the table that readers know keeps its columns. -#}
{%- if custom_alias_name -%}
{{ custom_alias_name | trim }}
{%- elif node.resource_type == 'model' and 'marts' in node.fqn -%}
{%- set schema = node.fqn[node.fqn.index('marts') + 1] -%}
{{ node.name.removeprefix(schema ~ '_') }}{{ '_v' ~ node.version if node.version and node.version | int > 1 }}
{%- else -%}
{{ node.name }}
{%- endif -%}
{%- endmacro %}

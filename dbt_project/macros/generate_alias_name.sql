{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
{#- models/marts/core/core_posts.sql -> core.posts: model names are unique in the project, tables carry their mart's name. -#}
{%- if custom_alias_name -%}
{{ custom_alias_name | trim }}
{%- elif node.resource_type == 'model' and 'marts' in node.fqn -%}
{{ node.name.removeprefix(node.fqn[-2] ~ '_') }}
{%- else -%}
{{ node.name }}
{%- endif -%}
{%- endmacro %}

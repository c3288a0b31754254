{# What a conversation is, and how it went. #}

{% macro longest_chain_of_answers() -%}
{#- Answers to answers to answers: what points to itself ends here as well. -#}
{{ return(200) }}
{%- endmacro %}

{% macro mood(sentiment) -%}
{#- Hutto and Gilbert 2014: a compound score of at least .05 is positive, of at most -.05 negative. -#}
case when {{ sentiment }} >= 0.05 then 'positive' when {{ sentiment }} <= -0.05 then 'negative' when {{ sentiment }} is not null then 'neutral' end
{%- endmacro %}

{% macro conversation_ref(platform, thread_id, opener_key, salt) -%}
{#- Tells nobody which thread it is who does not have the warehouse. NULL without a person on the other side, whose key would change with a rotation. -#}
case when {{ opener_key }} is not null then md5({{ platform }} || '|' || {{ thread_id }} || '|' || {{ salt }}) end
{%- endmacro %}

{% macro greeted_before() -%}
{#- Who is greeted when a window opens asks within minutes; who was written to of our own accord answers after hours. -#}
interval {{ var('machine_greets_within_seconds', 600) }} second
{%- endmacro %}

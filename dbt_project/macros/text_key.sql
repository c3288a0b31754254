{% macro text_key(text) -%}
{#- What a text says, without the names, links, digits and signs in it: one text with another name in it is still one text. NULL where nothing is left. -#}
{{ return(adapter.dispatch('text_key')(text)) }}
{%- endmacro %}

{% macro duckdb__text_key(text) -%}
nullif(trim(regexp_replace(regexp_replace(lower({{ text }}), '(@[^ ]+|https?://[^ ]+|[^\p{L} @]+|@)', '', 'g'), ' +', ' ', 'g')), '')
{%- endmacro %}

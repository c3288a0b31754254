{# Counters of a post; reach is not additive over days, so it has no delta. #}

{% macro post_measures() -%}
{{ return(['impressions', 'reach', 'video_views', 'likes', 'comments', 'shares', 'saves', 'clicks']) }}
{%- endmacro %}

{% macro additive_post_measures() -%}
{{ return(['impressions', 'video_views', 'likes', 'comments', 'shares', 'saves', 'clicks']) }}
{%- endmacro %}

{# Ratings of a desk come every day: a month of them is a wave. #}

{% macro zendesk_wave(utc) -%}
'zendesk ' || substring(cast({{ reporting_month(utc) }} as text), 1, 7)
{%- endmacro %}

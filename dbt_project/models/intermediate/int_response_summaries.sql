{% for period_kind in indicator_period_kinds() -%}
select * from {{ ref('int_response_summaries_' ~ period_kind) }}
{{ 'union all' if not loop.last }}
{% endfor %}

-- employees and others are held back by different numbers of people
{% for condition, k in [("rule = 'own'", least_colleagues()), ("rule <> 'own'", k_people())] -%}
select * from (
    {{ told_cell_by_cell(
        '(select * from ' ~ ref('int_story_counts') ~ ' where ' ~ condition ~ ') as cells',
        '(select * from ' ~ source('goodwill', 'told_stories') ~ ' where ' ~ condition ~ ') as cells',
        ['rule', 'quarter', 'audience'], ['eligible', 'matched'], k
    ) | indent(4) }}
) as part_{{ loop.index }}
{{ 'union all by name' if not loop.last }}
{% endfor %}

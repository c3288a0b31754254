-- What there is to be cut by, once for each combination: in parts of a table this would be asked again for each.
{% set columns = ['platform', 'audience', 'profile_id', 'language', 'team', 'room_id'] -%}
select
    place_no,
    {% for column in columns -%}
    min({{ column }}) as {{ column }},
    {% endfor -%}
    bool_or(not is_brand and kind in ('comment', 'reply', 'mention')) as is_heard
from {{ ref('int_messages_numbered') }}
group by place_no

{% test always(model, condition) %}
{#- The condition holds in every row; where it cannot be told (null) it does not fail. -#}
select *
from {{ model }}
where not ({{ condition }})
{% endtest %}

{% test unique_combination(model, columns) %}
{#- The grain of a model: no two rows share these columns. Nulls count as one value. -#}
select {{ columns | join(', ') }}, count(*) as n
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

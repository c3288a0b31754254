{% test refers_to(model, columns, to, to_columns=none) %}
{#- Every combination of the columns that is given (none of them null) stands in the other model. -#}
{%- set others = to_columns or columns %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}
except
select {{ others | join(', ') }}
from {{ to }}
{% endtest %}

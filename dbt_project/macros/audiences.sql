{# Which audience a thread is with, where several write in it. #}

{% macro thread_precedence() -%}
{#- As the seed orders the roles of a person, but employees last: they write in everybody's threads. -#}
select
    audience,
    case when audience = 'employees' then 1000 else min(precedence) end as precedence
from {{ ref('audience_rules') }}
group by audience
{%- endmacro %}

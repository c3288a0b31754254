{% test no_missing_rate(model) %}
{#- Fails with the currencies and days in its message, so that whoever reads the log knows what to add to exchange_rates. -#}
with listed as (
    select
        string_agg(entry, '; ' order by entry) as entries
    from (
        select currency || ' from ' || min(date) || ' to ' || max(date) || ' (' || string_agg(distinct entity, ', ' order by entity) || ')' as entry
        from {{ model }}
        group by currency
    ) as by_currency
)

select entries
from listed
where entries is not null and {{ raise_error("'no exchange rate on the day or within 7 days before it: ' || entries") }}
{% endtest %}

{% macro raise_error(message) -%}{{ return(adapter.dispatch('raise_error')(message)) }}{%- endmacro %}

{% macro duckdb__raise_error(message) -%}error({{ message }}) is null{%- endmacro %}

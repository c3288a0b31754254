{# Numbers that are published, and hashes of rows. #}

{% macro published_double(x) -%}
{#- 10 significant digits: two runs, or two engines, then publish the same. NULL, 0 and what is not finite stay as they are. -#}
{{ return(adapter.dispatch('published_double')(x)) }}
{%- endmacro %}

{% macro duckdb__published_double(x) -%}
case
    when {{ x }} is null or {{ x }} = 0 or not isfinite(cast({{ x }} as double)) then cast({{ x }} as double)
    else cast(printf('%.9e', cast({{ x }} as double)) as double)
end
{%- endmacro %}

{% macro ratio(numerator, denominator) -%}
{#- A ratio of two exact numbers as a published double; NULL where the denominator is 0 or NULL. -#}
case
    when {{ denominator }} <> 0
        then {{ published_double('(cast(' ~ numerator ~ ' as double) / cast(' ~ denominator ~ ' as double))') }}
end
{%- endmacro %}

{% macro row_hash(columns) -%}
{#- A whole number that differs where any of the columns differs; NULLs count. -#}
{{ return(adapter.dispatch('row_hash')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro latest(column, by) -%}
{#- An aggregate: the last value that is not NULL. -#}
{{ return(adapter.dispatch('latest')(column, by)) }}
{%- endmacro %}

{% macro duckdb__latest(column, by) -%}arg_max({{ column }}, {{ by }}){%- endmacro %}

{% macro first_by(column, by) -%}
{#- An aggregate: the value of the row with the smallest `by`, NULLs of the column passed over. -#}
{{ return(adapter.dispatch('first_by')(column, by)) }}
{%- endmacro %}

{% macro duckdb__first_by(column, by) -%}arg_min({{ column }}, {{ by }}){%- endmacro %}

{% macro matches(text, pattern) -%}{{ return(adapter.dispatch('matches')(text, pattern)) }}{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}regexp_matches({{ text }}, {{ pattern }}, 'i'){%- endmacro %}

{% macro earliest(times) -%}
{#- Of several, NULLs passed over; latest_of() likewise. -#}
{{ return(adapter.dispatch('earliest')(times)) }}
{%- endmacro %}

{% macro duckdb__earliest(times) -%}least({{ times | join(', ') }}){%- endmacro %}

{% macro latest_of(times) -%}{{ return(adapter.dispatch('latest_of')(times)) }}{%- endmacro %}

{% macro duckdb__latest_of(times) -%}greatest({{ times | join(', ') }}){%- endmacro %}

{% macro record(columns) -%}
{#- Several columns as one value, so that a window function moves them together; read as `name.column`. -#}
{{ return(adapter.dispatch('record')(columns)) }}
{%- endmacro %}

{% macro duckdb__record(columns) -%}
{ {%- for column in columns %}'{{ column }}': {{ column }}{{ ', ' if not loop.last }}{% endfor -%} }
{%- endmacro %}

{% macro ordered_sum(x, by) -%}
{#- An aggregate: a sum of doubles in a fixed order, so that it is the same in every run. For few rows. -#}
{{ return(adapter.dispatch('ordered_sum')(x, by)) }}
{%- endmacro %}

{% macro duckdb__ordered_sum(x, by) -%}list_sum(list({{ x }} order by {{ by }})){%- endmacro %}

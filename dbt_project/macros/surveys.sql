{# What a questionnaire says of itself where its columns do not. #}

{% macro survey_dimensions() -%}
{{ return(['nps', 'csat', 'ces', 'trust', 'control_mutuality', 'satisfaction', 'commitment', 'exchange', 'communal']) }}
{%- endmacro %}

{% macro dimension_of_item(item) -%}{{ return(adapter.dispatch('dimension_of_item')(item)) }}{%- endmacro %}

{% macro duckdb__dimension_of_item(item) -%}
{#- By the beginning of the item's name (trust_3, NPS); NULL where it names none. -#}
nullif(regexp_extract(lower({{ item }}), '^e?({{ survey_dimensions() | join('|') }})([^a-z]|$)', 1), '')
{%- endmacro %}

{% macro wave_date(wave) -%}{{ return(adapter.dispatch('wave_date')(wave)) }}{%- endmacro %}

{% macro duckdb__wave_date(wave) -%}
{#- First day of a wave that is called by a part of a year (2026-Q1, Q1 2026, H2 2026, 2026-05, 2026-05-04, May 2026); NULL where it is not. -#}
{%- set year, part = '((?:19|20)\d{2})', '[-_/ ]?' -%}
coalesce(
    {% for letter, parts, months in [('q', 4, 3), ('h', 2, 6)] -%}
    {% for pattern, year_at, part_at in [
        ('(?:^|\D)' ~ year ~ part ~ letter ~ '([1-' ~ parts ~ '])(?:\D|$)', 1, 2),
        ('(?:^|[^a-z])' ~ letter ~ '([1-' ~ parts ~ '])' ~ part ~ year ~ '(?:\D|$)', 2, 1),
    ] -%}
    try_cast(
        regexp_extract(lower({{ wave }}), '{{ pattern }}', {{ year_at }}) || '-'
        || ({{ months }} * (try_cast(regexp_extract(lower({{ wave }}), '{{ pattern }}', {{ part_at }}) as integer) - 1) + 1) || '-1' as date
    ),
    {% endfor -%}
    {% endfor -%}
    try_cast(regexp_extract({{ wave }}, '(?:^|\D)({{ year }}-\d{2}-\d{2})(?:\D|$)', 1) as date),
    try_cast(regexp_extract({{ wave }}, '(?:^|\D)({{ year }}-\d{2})(?:\D|$)', 1) || '-01' as date),
    cast(try_strptime({{ wave }}, ['%B %Y', '%b %Y']) as date)
)
{%- endmacro %}

{% macro wave_year(wave) -%}{{ return(adapter.dispatch('wave_year')(wave)) }}{%- endmacro %}

{% macro duckdb__wave_year(wave) -%}
{#- First day of the year that stands in the wave's name; NULL where none does. -#}
try_cast(regexp_extract({{ wave }}, '(?:^|\D)((?:19|20)\d{2})(?:\D|$)', 1) || '-01-01' as date)
{%- endmacro %}

{% macro wave_place(wave) -%}{{ return(adapter.dispatch('wave_place')(wave)) }}{%- endmacro %}

{% macro duckdb__wave_place(wave) -%}
{#- A text by which names of waves sort as people count: wave 2 before wave 10. -#}
regexp_replace(regexp_replace({{ wave }}, '(\d+)', '000000000000\1', 'g'), '\d*(\d{12})', '\1', 'g')
{%- endmacro %}

{% macro wave_series(wave) -%}{{ return(adapter.dispatch('wave_series')(wave)) }}{%- endmacro %}

{% macro duckdb__wave_series(wave) -%}
{#- What waves without a date have in common that are numbered through: the name without its numbers; NULL where it has none. -#}
case when regexp_matches({{ wave }}, '\d') then regexp_replace({{ wave }}, '\d+', '#', 'g') end
{%- endmacro %}

{% macro waves_in_order(relation, series, values) -%}
{#-
  CTEs `numbered` and `with_previous`: the relation, and of each value that of the wave before as `<value>_before`. Waves follow each other by their
  date; without one by the number in their name; which of a dated one and one without came first nobody knows, and the values are NULL.
-#}
{%- set wave_order = 'wave_order as (partition by ' ~ series | join(', ') ~ ' order by wave_on nulls last, ' ~ wave_place('wave') ~ ', wave)' -%}
numbered as (
    select
        *,
        coalesce(
            wave_on >= lag(wave_on) over wave_order
            or wave_on is null
            and lag(wave_on) over wave_order is null
            and {{ wave_series('wave') }} = lag({{ wave_series('wave') }}) over wave_order,
            false
        ) as is_next
    from {{ relation }}
    window {{ wave_order }}
),

with_previous as (
    select
        *,
        {% for value in values -%}
        case when is_next then lag({{ value }}) over wave_order end as {{ value }}_before{{ ',' if not loop.last }}
        {% endfor %}
    from numbered
    window {{ wave_order }}
)
{%- endmacro %}

{% macro is_last_wave(cell, wave='wave') -%}
{#- Whether no wave of the same cell, which names when it was, comes after this one: several are of one day, or of none. -#}
row_number() over (partition by {{ cell | join(', ') }} order by {{ wave_place(wave) }} desc, {{ wave }} desc) = 1
{%- endmacro %}

{% macro change_since_wave_before() -%}
{#- Columns change, change_lo, change_hi of `with_previous`: both waves taken as independent, each with its own limits. -#}
{{ published_double('(value - value_before)') }} as change,
{{ published_double('(value - value_before - ' ~ newcombe_half_width('value - lo', 'hi_before - value_before', 0) ~ ')') }} as change_lo,
{{ published_double('(value - value_before + ' ~ newcombe_half_width('hi - value', 'value_before - lo_before', 0) ~ ')') }} as change_hi
{%- endmacro %}

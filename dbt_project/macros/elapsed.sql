{# Spans of time, and midnight of the reporting time zone. #}

{% macro utc_of_reporting(date) -%}{{ return(adapter.dispatch('utc_of_reporting')(date)) }}{%- endmacro %}

{% macro duckdb__utc_of_reporting(date) -%}
{#- The UTC time at which a day begins in the reporting time zone. -#}
{%- if var('reporting_time_zone') == 'UTC' -%}
cast({{ date }} as timestamp)
{%- else -%}
timezone('UTC', timezone('{{ var("reporting_time_zone") }}', cast({{ date }} as timestamp)))
{%- endif -%}
{%- endmacro %}

{% macro microseconds_between(earlier, later) -%}{{ return(adapter.dispatch('microseconds_between')(earlier, later)) }}{%- endmacro %}

{% macro duckdb__microseconds_between(earlier, later) -%}(epoch_us({{ later }}) - epoch_us({{ earlier }})){%- endmacro %}

{% macro since_1970(time) -%}{{ microseconds_between("timestamp '1970-01-01'", time) }}{%- endmacro %}

{% macro time_since_1970(microseconds) -%}{{ return(adapter.dispatch('time_since_1970')(microseconds)) }}{%- endmacro %}

{% macro duckdb__time_since_1970(microseconds) -%}make_timestamp({{ microseconds }}){%- endmacro %}

{% macro utc_of_zone(local_time, zone) -%}
{#- The UTC time at which clocks in a time zone (a column) show a time. -#}
{{ return(adapter.dispatch('utc_of_zone')(local_time, zone)) }}
{%- endmacro %}

{% macro duckdb__utc_of_zone(local_time, zone) -%}timezone('UTC', timezone({{ zone }}, {{ local_time }})){%- endmacro %}

{% macro parts_of_a_working_day() -%}
{#- A day of UTC lies in two days of a team, and the shift of the day before may still go on. -#}
{{ return(['first', 'second', 'third']) }}
{%- endmacro %}

{% macro worked_until(time, day) -%}
{#- Microseconds that a team had worked since the beginning of int_working_days; `day` is its row for the UTC day of `time`. -#}
(
    {{ day }}.worked_before
    {%- for part in parts_of_a_working_day() %}
    + case
        when {{ time }} >= {{ day }}.{{ part }}_ends_at then {{ microseconds_between(day ~ '.' ~ part ~ '_starts_at', day ~ '.' ~ part ~ '_ends_at') }}
        when {{ time }} > {{ day }}.{{ part }}_starts_at then {{ microseconds_between(day ~ '.' ~ part ~ '_starts_at', time) }}
        else 0
    end
    {%- endfor %}
)
{%- endmacro %}

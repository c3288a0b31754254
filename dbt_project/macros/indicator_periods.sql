{# The periods that an indicator is given for, and what it is cut by. #}

{% macro indicator_period_kinds() -%}{{ return(['month', 'quarter', 'year', 'all']) }}{%- endmacro %}

{% macro indicator_cuts() -%}{{ return(['all', 'platform', 'profile', 'room', 'language', 'team']) }}{%- endmacro %}

{% macro named(column) -%}
{#- What a figure is cut by, where a message may name none: in brackets, as campaigns are (decision 75). -#}
coalesce({{ column }}, '(not given)')
{%- endmacro %}

{% macro indicator_period_start(period_kind, month) -%}
{#- First day of the period (a name) that a month belongs to; NULL for all time. -#}
{%- if period_kind == 'month' -%}
{{ month }}
{%- elif period_kind == 'all' -%}
cast(null as date)
{%- else -%}
cast(date_trunc('{{ period_kind }}', {{ month }}) as date)
{%- endif -%}
{%- endmacro %}

{% macro next_period_start(period_kind, period_start) -%}{{ shifted_period_start(period_kind, period_start, '+') }}{%- endmacro %}

{% macro previous_period_start(period_kind, period_start) -%}{{ shifted_period_start(period_kind, period_start, '-') }}{%- endmacro %}

{% macro shifted_period_start(period_kind, period_start, sign) -%}
{#- period_kind is a column; NULL for all time. -#}
cast(
    {{ period_start }} {{ sign }} case
        when {{ period_kind }} = 'week' then interval 7 day
        when {{ period_kind }} = 'month' then interval 1 month
        when {{ period_kind }} = 'quarter' then interval 3 month
        when {{ period_kind }} = 'year' then interval 12 month
    end as date
)
{%- endmacro %}

{% macro minimum_clusters(indicator) -%}
{#- Independent clusters that an indicator needs (METRICS, section 4). -#}
case
    when {{ indicator }} in ('sentiment_net', 'sentiment_net_corrected') then 100
    when {{ indicator }} in ('repeat_engagement', 'return_rate_28d', 'peer_share', 'advocacy_rate') then 50
    when {{ indicator }} = 'gini_participation' then 10
    else 30
end
{%- endmacro %}

{% macro counts_people(indicator) -%}
{#- Whether numerator and denominator count people, each of them once in whatever period and cut. -#}
{{ indicator }} in ('reciprocity_dyad', 'advocacy_rate', 'repeat_engagement', 'return_rate_28d')
{%- endmacro %}

{% macro hidden_together(indicator) -%}
{#- Indicators that count the same are hidden together, under the name of one of them: what one shows beside another's sum would tell what both hide. -#}
case when {{ indicator }} in ('broadcast_share', 'replies_total', 'distinct_reply_share') then 'two_way_ratio' else {{ indicator }} end
{%- endmacro %}

{% macro counts_answers(indicator) -%}
{#- Whether something asked or answered is counted. -#}
(
    starts_with({{ indicator }}, 'response_')
    or starts_with({{ indicator }}, 'first_')
    or starts_with({{ indicator }}, 'thread_depth_')
    or {{ hidden_together(indicator) }} = 'two_way_ratio'
)
{%- endmacro %}

{% macro in_the_same_period(first, second) -%}
{#- Rows of two relations that are of one indicator and period. -#}
{{ first }}.indicator = {{ second }}.indicator
and {{ first }}.period_kind = {{ second }}.period_kind
and {{ first }}.period_start is not distinct from {{ second }}.period_start
{%- endmacro %}

{% macro in_the_same_place(first, second) -%}
{#- Rows of two relations that are of one period, audience, platform, profile and dimension value; both clocks of the first are of the same messages. -#}
{{ first }}.period_kind = {{ second }}.period_kind
and {{ first }}.period_start is not distinct from {{ second }}.period_start
and {{ first }}.audience = {{ second }}.audience
and {{ first }}.platform = {{ second }}.platform
and {{ first }}.profile_id = {{ second }}.profile_id
and case when {{ first }}.dimension = 'clock' then 'all' else {{ first }}.dimension end = {{ second }}.dimension
and case when {{ first }}.dimension = 'clock' then 'all' else {{ first }}.dimension_value end = {{ second }}.dimension_value
{%- endmacro %}

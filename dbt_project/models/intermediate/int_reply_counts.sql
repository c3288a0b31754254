{{ config(materialized='in_parts', rows_of='int_replies', copies=4) }}

{#- What is counted once however often it stands there: (name, number). -#}
{% set things = [('texts', 'text_no'), ('people', 'answered_actor_no')] -%}
with cuts as (
    select * from {{ ref('int_indicator_cuts') }}
    where is_computed
),

{% for thing, number in things -%}
{{ thing }} as (
    select distinct month, cell_no, {{ number }} as thing_no
    from {{ ref('int_replies') }}
    where is_public_social and is_reply and {{ number }} is not null and {{ in_part(number) }}
),

{% endfor -%}
seen as (
    {% for thing, _ in things -%}
    {% set outer = loop -%}
    {% for period_kind in indicator_period_kinds() -%}
    select distinct
        '{{ thing }}' as thing,
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, thing ~ '.month') }} as period_start,
        cuts.cut_no,
        {{ thing }}.thing_no
    from {{ thing }}
    inner join cuts on {{ thing }}.cell_no = cuts.cell_no
    {{ 'union all' if not (loop.last and outer.last) }}
    {% endfor -%}
    {% endfor %}
)

select
    thing,
    period_kind,
    period_start,
    cut_no,
    count(*) as things
from seen
group by thing, period_kind, period_start, cut_no

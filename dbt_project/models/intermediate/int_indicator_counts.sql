{% set cell = "period_kind, period_start, cut_no" -%}
with replies as (
    select * from {{ ref('int_replies') }}
    where is_public_social and is_reply
),

inbound as (
    select * from {{ ref('int_message_answers') }}
    where is_inbound
),

cuts as (
    select * from {{ ref('int_indicator_cuts') }}
    where is_computed
),

said as (
    select
        month,
        cell_no,
        count(*) as replies,
        count(text_no) as replies_with_text,
        0 as given,
        0 as messages
    from replies
    group by month, cell_no
    union all
    select
        month,
        cell_no,
        0 as replies,
        0 as replies_with_text,
        sum(case when is_needs_reply_given then 1 else 0 end) as given,
        count(*) as messages
    from inbound
    group by month, cell_no
),

summed as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'said.month') }} as period_start,
        cuts.cut_no,
        {% for column in ['replies', 'replies_with_text', 'given', 'messages'] -%}
        cast(sum(said.{{ column }}) as bigint) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from said
    inner join cuts on said.cell_no = cuts.cell_no
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what counts once, and whoever asked, who is counted with the requests
counted as (
    select
        {{ cell }},
        {% for thing in ['texts', 'people', 'askers'] -%}
        cast(sum(case when thing = '{{ thing }}' then things else 0 end) as bigint) as {{ thing }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select thing, {{ cell }}, things from {{ ref('int_reply_counts') }}
        union all
        select 'askers' as thing, {{ cell }}, clusters as things
        from {{ ref('int_indicator_sums') }}
        where indicator = 'people: inbound'
    ) as things
    group by {{ cell }}
)

{% for indicator, numerator, denominator, people, of in [
    ('replies_total', 'replies', 'cast(null as bigint)', 'people', 'replies'),
    ('distinct_reply_share', 'texts', 'replies_with_text', 'people', 'replies'),
    ('needs_reply_given_share', 'given', 'messages', 'askers', 'messages'),
] -%}
select
    '{{ indicator }}' as indicator,
    summed.period_kind,
    summed.period_start,
    summed.cut_no,
    {{ 'coalesce(counted.texts, 0)' if numerator == 'texts' else 'summed.' ~ numerator }} as numerator,
    {{ denominator if indicator == 'replies_total' else 'summed.' ~ denominator }} as denominator,
    {{ 'coalesce(counted.people, 0)' if people == 'people' else 'nullif(counted.askers, 0)' }} as people
from summed
left join counted
    on
        summed.period_kind = counted.period_kind
        and summed.period_start is not distinct from counted.period_start
        and summed.cut_no = counted.cut_no
where summed.{{ of }} > 0
{{ 'union all' if not loop.last }}
{% endfor %}

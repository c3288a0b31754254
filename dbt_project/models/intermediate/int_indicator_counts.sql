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

-- one text for many stands once a month and cell
texts as (
    select month, cell_no, text_no, answered_actor_no, count(*) as replies
    from replies
    group by month, cell_no, text_no, answered_actor_no
),

given as (
    select month, cell_no, sum(case when is_needs_reply_given then 1 else 0 end) as given, count(*) as messages
    from inbound
    group by month, cell_no
),

reply_counts as (
    {% for period_kind in indicator_period_kinds() -%}
    {% set outer = loop -%}
    {% for cut in indicator_cuts() -%}
    select
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'texts.month') }} as period_start,
        cuts.cut_no,
        cast(sum(texts.replies) as bigint) as replies,
        cast(sum(case when texts.text_no is not null then texts.replies else 0 end) as bigint) as replies_with_text,
        count(distinct texts.text_no) as texts,
        count(distinct texts.answered_actor_no) as people
    from texts
    inner join cuts on texts.cell_no = cuts.cell_no and cuts.cut = '{{ cut }}'
    group by all
    {{ 'union all' if not (loop.last and outer.last) }}
    {% endfor -%}
    {% endfor %}
),

coverage as (
    {% for period_kind in indicator_period_kinds() -%}
    {% set outer = loop -%}
    {% for cut in indicator_cuts() -%}
    select
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'given.month') }} as period_start,
        cuts.cut_no,
        cast(sum(given.given) as bigint) as given,
        cast(sum(given.messages) as bigint) as messages
    from given
    inner join cuts on given.cell_no = cuts.cell_no and cuts.cut = '{{ cut }}'
    group by all
    {{ 'union all' if not (loop.last and outer.last) }}
    {% endfor -%}
    {% endfor %}
),

-- whoever asked is counted with the requests
askers as (
    select period_kind, period_start, cut_no, clusters as people
    from {{ ref('int_indicator_sums') }}
    where indicator = 'people: inbound'
)

select
    'replies_total' as indicator,
    {{ cell }},
    replies as numerator,
    cast(null as bigint) as denominator,
    people
from reply_counts
union all
select
    'distinct_reply_share' as indicator,
    {{ cell }},
    texts as numerator,
    replies_with_text as denominator,
    people
from reply_counts
union all
select
    'needs_reply_given_share' as indicator,
    coverage.period_kind,
    coverage.period_start,
    coverage.cut_no,
    coverage.given as numerator,
    coverage.messages as denominator,
    askers.people
from coverage
left join askers
    on coverage.period_kind = askers.period_kind
    and coverage.period_start is not distinct from askers.period_start
    and coverage.cut_no = askers.cut_no

{% set cells -%}
grouping sets ((kinds.period_kind, period_start, audience, platform), (kinds.period_kind, period_start, audience))
{%- endset -%}

with replies as (
    select * from {{ ref('int_replies') }}
    where is_public_social
),

inbound as (
    select * from {{ ref('int_message_answers') }}
    where is_inbound
),

reply_counts as (
    select
        kinds.period_kind,
        {{ indicator_period_start('kinds.period_kind', 'month') }} as period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        sum(case when is_reply then 1 else 0 end) as replies,
        sum(case when is_reply and text_key is not null then 1 else 0 end) as replies_with_text,
        count(distinct case when is_reply then text_key end) as texts,
        count(distinct case when is_reply then answered_actor_key end) as people
    from replies
    cross join {{ indicator_period_kinds() }}
    group by {{ cells }}
),

coverage as (
    select
        kinds.period_kind,
        {{ indicator_period_start('kinds.period_kind', 'month') }} as period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        sum(case when is_needs_reply_given then 1 else 0 end) as given,
        count(*) as messages,
        count(distinct actor_key) as people
    from inbound
    cross join {{ indicator_period_kinds() }}
    group by {{ cells }}
)

select
    'replies_total' as indicator,
    period_kind,
    period_start,
    platform,
    audience,
    cast(replies as bigint) as numerator,
    cast(null as bigint) as denominator,
    people
from reply_counts
union all
select
    'distinct_reply_share' as indicator,
    period_kind,
    period_start,
    platform,
    audience,
    texts as numerator,
    cast(replies_with_text as bigint) as denominator,
    people
from reply_counts
where replies > 0
union all
select
    'needs_reply_given_share' as indicator,
    period_kind,
    period_start,
    platform,
    audience,
    cast(given as bigint) as numerator,
    messages as denominator,
    people
from coverage

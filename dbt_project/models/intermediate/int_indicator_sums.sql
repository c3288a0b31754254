{% set actor_indicators = [
    ('response_rate_1h', 'answered_1h', 'asked_1h'),
    ('response_rate_4h', 'answered_4h', 'asked_4h'),
    ('response_rate_24h', 'answered_24h', 'asked_24h'),
    ('response_rate_72h', 'answered_72h', 'asked_72h'),
    ('first_response_within_60min', 'opened_and_answered', 'opened'),
    ('reciprocity_dyad', 'got_answer', 'addressed'),
] -%}
{% set thread_indicators = [
    ('two_way_ratio', 'counted_replies', 'brand_messages'),
    ('thread_depth_mean', 'messages', 'threads'),
    ('thread_depth_share_3', 'long_threads', 'threads'),
] -%}
{% set cell = 'period_kind, period_start, platform, audience' -%}
{% set platforms = "grouping sets ((kinds.period_kind, period_start, audience, cluster_key, platform), (kinds.period_kind, period_start, audience, cluster_key))" -%}

with actor_months as (
    select *, actor_key as cluster_key from {{ ref('int_actor_months') }}
),

thread_months as (
    select *, platform || '|' || thread_key as cluster_key from {{ ref('int_thread_months') }}
),

replies as (
    select * from {{ ref('int_replies') }}
    where is_public_social and is_counted
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where not is_brand and not is_bot and kind <> 'post'
),

-- each period, and all platforms together, is summed up from the months of a person
actor_periods as (
    select
        kinds.period_kind,
        {{ indicator_period_start('kinds.period_kind', 'month') }} as period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        cluster_key,
        {% for _, x, m in actor_indicators if x != 'got_answer' -%}
        sum({{ x }}) as {{ x }},
        sum({{ m }}) as {{ m }},
        {% endfor -%}
        max(got_answer) as got_answer,
        max(addressed) as addressed
    from actor_months
    cross join {{ indicator_period_kinds() }}
    group by {{ platforms }}
),

thread_periods as (
    select
        kinds.period_kind,
        {{ indicator_period_start('kinds.period_kind', 'month') }} as period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        cluster_key,
        sum(counted_replies) as counted_replies,
        sum(brand_messages) as brand_messages,
        sum(messages) as messages,
        sum(threads) as threads,
        sum(long_threads) as long_threads
    from thread_months
    cross join {{ indicator_period_kinds() }}
    group by {{ platforms }}
),

clusters as (
    {% for indicator, x, m in actor_indicators -%}
    select '{{ indicator }}' as indicator, {{ cell }}, cluster_key, {{ x }} as x, {{ m }} as m from actor_periods where {{ m }} > 0
    union all
    {% endfor -%}
    {% for indicator, x, m in thread_indicators -%}
    select '{{ indicator }}' as indicator, {{ cell }}, cluster_key, {{ x }} as x, {{ m }} as m from thread_periods where {{ m }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- months share people: what the same cluster did in the period before
paired as (
    select
        *,
        case when {{ previous_period_start('period_kind', 'period_start') }} = lag(period_start) over cluster_order then lag(x) over cluster_order end as x_before,
        case when {{ previous_period_start('period_kind', 'period_start') }} = lag(period_start) over cluster_order then lag(m) over cluster_order end as m_before
    from clusters
    window cluster_order as (partition by indicator, period_kind, platform, audience, cluster_key order by period_start)
),

sums as (
    select
        indicator,
        {{ cell }},
        sum(x) as numerator,
        sum(m) as denominator,
        count(*) as clusters,
        sum(x * x) as sum_xx,
        sum(x * m) as sum_xm,
        sum(m * m) as sum_mm,
        coalesce(sum(x * x_before), 0) as sum_x_x_before,
        coalesce(sum(x * m_before), 0) as sum_x_m_before,
        coalesce(sum(m * x_before), 0) as sum_m_x_before,
        coalesce(sum(m * m_before), 0) as sum_m_m_before
    from paired
    group by indicator, {{ cell }}
),

people_seen as (
    select 'two_way_ratio' as family, month, platform, audience, answered_actor_key as person_key
    from replies
    union all
    select 'thread_depth' as family, thread_months.month, thread_months.platform, thread_months.audience, messages.actor_key as person_key
    from messages
    inner join thread_months
        on messages.platform = thread_months.platform and messages.thread_key = thread_months.thread_key and thread_months.threads > 0
),

people as (
    select
        family,
        kinds.period_kind,
        {{ indicator_period_start('kinds.period_kind', 'month') }} as period_start,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        audience,
        count(distinct person_key) as people
    from people_seen
    cross join {{ indicator_period_kinds() }}
    group by grouping sets (
        (family, kinds.period_kind, period_start, audience, platform), (family, kinds.period_kind, period_start, audience)
    )
)

select
    sums.indicator,
    sums.period_kind,
    sums.period_start,
    sums.platform,
    sums.audience,
    cast(sums.numerator as bigint) as numerator,
    cast(sums.denominator as bigint) as denominator,
    sums.clusters,
    case
        when sums.indicator in ('two_way_ratio', 'thread_depth_mean', 'thread_depth_share_3') then coalesce(people.people, 0)
        else sums.clusters
    end as people,
    sums.sum_xx,
    sums.sum_xm,
    sums.sum_mm,
    sums.sum_x_x_before,
    sums.sum_x_m_before,
    sums.sum_m_x_before,
    sums.sum_m_m_before
from sums
left join people
    on case when sums.indicator = 'two_way_ratio' then 'two_way_ratio' else 'thread_depth' end = people.family
    and sums.period_kind = people.period_kind
    and sums.period_start is not distinct from people.period_start
    and sums.platform = people.platform
    and sums.audience = people.audience

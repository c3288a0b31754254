with sums as (
    select *, cast(numerator as double) / denominator as ratio
    from {{ ref('int_indicator_sums') }}
),

summaries as (
    select * from {{ ref('int_response_summaries') }}
),

counts as (
    select * from {{ ref('int_indicator_counts') }}
),

-- how far the same clusters' surprises of two periods go together
compared as (
    select
        *,
        lag(ratio) over period_order as ratio_before,
        sum_xx - 2 * ratio * sum_xm + ratio * ratio * sum_mm as spread,
        lag(sum_xx - 2 * ratio * sum_xm + ratio * ratio * sum_mm) over period_order as spread_before
    from sums
    window period_order as (partition by indicator, period_kind, platform, audience order by period_start)
),

measured as (
    select
        *,
        {{ design_effect('ratio', 'clusters', 'denominator', 'sum_xx', 'sum_xm', 'sum_mm') }} as deff,
        {{ cluster_variance('ratio', 'clusters', 'denominator', 'sum_xx', 'sum_xm', 'sum_mm') }} as variance,
        {{ t_quantile('(clusters - 1)') }} as quantile,
        case
            when spread > 0 and spread_before > 0
                then
                    (sum_x_x_before - ratio_before * sum_x_m_before - ratio * sum_m_x_before + ratio * ratio_before * sum_m_m_before)
                    / sqrt(spread * spread_before)
            else 0
        end as correlation
    from compared
),

shares as (
    select
        *,
        case when indicator = 'reciprocity_dyad' then {{ normal_quantile() }} else quantile end as used_quantile
    from measured
    where indicator <> 'thread_depth_mean'
),

share_estimates as (
    select
        indicator,
        period_kind,
        period_start,
        platform,
        audience,
        'share' as unit,
        numerator,
        denominator,
        denominator as n,
        clusters,
        people,
        deff,
        ratio as value,
        {{ wilson_lower('ratio', '(denominator / deff)', 'used_quantile') }} as lo,
        {{ wilson_upper('ratio', '(denominator / deff)', 'used_quantile') }} as hi,
        case
            when indicator = 'reciprocity_dyad' then 'Wilson over people'
            when indicator = 'thread_depth_share_3' then 'Wilson over threads, t(K-1)'
            when indicator = 'two_way_ratio' then 'Wilson at n / deff, t(K-1), clusters = threads'
            else 'Wilson at n / deff, t(K-1), clusters = people'
        end as method,
        correlation,
        cast(null as bigint) as events
    from shares
),

broadcast as (
    select
        'broadcast_share' as indicator,
        period_kind,
        period_start,
        platform,
        audience,
        unit,
        denominator - numerator as numerator,
        denominator,
        n,
        clusters,
        people,
        deff,
        1 - value as value,
        1 - hi as lo,
        1 - lo as hi,
        method,
        correlation,
        events
    from share_estimates
    where indicator = 'two_way_ratio'
),

mean_estimates as (
    select
        indicator,
        period_kind,
        period_start,
        platform,
        audience,
        'messages' as unit,
        numerator,
        denominator,
        denominator as n,
        clusters,
        people,
        cast(null as double) as deff,
        ratio as value,
        ratio - quantile * {{ root('variance') }} as lo,
        ratio + quantile * {{ root('variance') }} as hi,
        't over threads' as method,
        correlation,
        cast(null as bigint) as events
    from measured
    where indicator = 'thread_depth_mean'
),

-- two figures of each curve; both units give them, by their own names
survival_estimates as (
    {% for indicator, unit, of_unit, column in [
        ('response_time_median_km', 'minutes', 'message_burst', 'median'),
        ('response_within_60min_km', 'share', 'message_burst', 'within_60min'),
        ('first_response_median_km', 'minutes', 'conversation_first', 'median'),
    ] -%}
    select
        '{{ indicator }}' as indicator,
        period_kind,
        period_start,
        platform,
        audience,
        '{{ unit }}' as unit,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        n,
        people as clusters,
        people,
        cast(null as double) as deff,
        {{ column }}{{ '_minutes' if column == 'median' }} as value,
        {{ column }}_lower as lo,
        {{ column }}_upper as hi,
        'Kaplan-Meier, Greenwood log-log, cut at period end + 72 h' as method,
        0.0 as correlation,
        cast(events as bigint) as events
    from summaries
    where unit = '{{ of_unit }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

exact as (
    select
        indicator,
        period_kind,
        period_start,
        platform,
        audience,
        case when indicator = 'replies_total' then 'replies' else 'share' end as unit,
        numerator,
        denominator,
        coalesce(denominator, numerator) as n,
        cast(null as bigint) as clusters,
        people,
        cast(null as double) as deff,
        case
            when indicator = 'replies_total' then cast(numerator as double)
            when denominator > 0 then cast(numerator as double) / denominator
        end as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        'exact' as method,
        cast(null as double) as correlation,
        cast(null as bigint) as events
    from counts
)

select * from share_estimates
union all
select * from broadcast
union all
select * from mean_estimates
union all
select * from survival_estimates
union all
select * from exact

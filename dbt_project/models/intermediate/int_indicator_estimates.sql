{% set cell = 'indicator, period_kind, period_start, cut_no' -%}
{% set attributes = "audience, platform, 'all' as profile_id, dimension, dimension_value" -%}
{% set own_cut = key_number(['audience', 'platform', 'dimension', 'dimension_value', "'its own'"]) -%}
with counted as (
    select * from {{ ref('int_indicator_sums') }}
    where denominator > 0 and indicator not in ('sentiment_positive', 'sentiment_negative')
),

-- sums that are made elsewhere bring their own cuts
brought as (
    select *, {{ own_cut }} as cut_no
    from (
        select * from {{ ref('int_person_sums') }}
        union all by name
        select * from {{ ref('int_answer_sums') }}
    ) as others
),

sums as (
    select *, cast(numerator as double) / denominator as ratio
    from (
        select * from counted
        union all by name
        select *, 0 as sum_x_x_before, 0 as sum_x_m_before, 0 as sum_m_x_before, 0 as sum_m_m_before
        from brought
    ) as all_sums
),

readings as (
    select *, {{ own_cut }} as cut_no
    from (
        select * from {{ ref('int_effort_estimates') }}
        union all by name
        select * from {{ ref('int_parity_estimates') }}
        union all by name
        select * from {{ ref('int_gini_estimates') }}
    ) as others
),

moods as (
    select * from {{ ref('int_sentiment_estimates') }}
),

response_estimates as (
    select * from {{ ref('int_response_estimates') }}
),

counts as (
    select * from {{ ref('int_indicator_counts') }}
),

people_counts as (
    select substr(indicator, 9) as family, period_kind, period_start, cut_no, clusters as people
    from {{ ref('int_indicator_sums') }}
    where indicator like 'people: %'
),

cuts as (
    select distinct cut_no, computed_as, audience, platform, profile_id, dimension, dimension_value
    from {{ ref('int_indicator_cuts') }}
    union
    select cut_no, cut_no as computed_as, {{ attributes }} from brought
    union
    select cut_no, cut_no as computed_as, {{ attributes }} from readings
),

-- how far the same clusters' surprises of two periods go together
compared as (
    select
        *,
        lag(ratio) over period_order as ratio_before,
        sum_xx - 2 * ratio * sum_xm + ratio * ratio * sum_mm as spread,
        lag(sum_xx - 2 * ratio * sum_xm + ratio * ratio * sum_mm) over period_order as spread_before
    from sums
    window period_order as (partition by indicator, period_kind, cut_no order by period_start)
),

measured as (
    select
        *,
        case
            when indicator = 'two_way_ratio' then 'two_way'
            when indicator in ('thread_depth_mean', 'thread_depth_share_3') then 'depth'
            when indicator = 'peer_share' then 'peers'
        end as family,
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

with_people as (
    select
        measured.*,
        -- clusters that are threads: the people in them are counted by themselves
        case when measured.family is null then measured.clusters else coalesce(people_counts.people, 0) end as people
    from measured
    left join people_counts
        on measured.family = people_counts.family
        and measured.period_kind = people_counts.period_kind
        and measured.period_start is not distinct from people_counts.period_start
        and measured.cut_no = people_counts.cut_no
),

shares as (
    select
        *,
        {{ counts_people('indicator') }} as is_of_people,
        case when {{ counts_people('indicator') }} then {{ normal_quantile() }} else quantile end as used_quantile
    from with_people
    where indicator not in ('thread_depth_mean', 'sentiment_net', 'sentiment_scored_share')
),

share_estimates as (
    select
        {{ cell }},
        'all' as clock,
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
            when is_of_people then 'Wilson over people'
            when indicator = 'thread_depth_share_3' then 'Wilson over threads, t(K-1)'
            when family is not null then 'Wilson at n / deff, t(K-1), clusters = threads'
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
        cut_no,
        clock,
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
        {{ cell }},
        'all' as clock,
        case when indicator = 'sentiment_net' then 'net share' else 'messages' end as unit,
        numerator,
        denominator,
        denominator as n,
        clusters,
        people,
        cast(null as double) as deff,
        ratio as value,
        ratio - quantile * {{ root('variance') }} as lo,
        ratio + quantile * {{ root('variance') }} as hi,
        case when indicator = 'sentiment_net' then 't over people' else 't over threads' end as method,
        correlation,
        cast(null as bigint) as events
    from with_people
    where indicator in ('thread_depth_mean', 'sentiment_net')
),

exact as (
    select
        {{ cell }},
        'all' as clock,
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
),

shares_of_coverage as (
    select
        {{ cell }},
        'all' as clock,
        'share' as unit,
        numerator,
        denominator,
        denominator as n,
        cast(null as bigint) as clusters,
        people,
        cast(null as double) as deff,
        ratio as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        'exact' as method,
        cast(null as double) as correlation,
        cast(null as bigint) as events
    from with_people
    where indicator = 'sentiment_scored_share'
),

read_off as (
    select
        {{ cell }},
        'all' as clock,
        unit,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        cast(n as bigint) as n,
        cast(clusters as bigint) as clusters,
        cast(clusters as bigint) as people,
        cast(null as double) as deff,
        value,
        lo,
        hi,
        method,
        0.0 as correlation,
        cast(null as bigint) as events
    from readings
    union all
    select
        {{ cell }},
        'all' as clock,
        'net share' as unit,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        n,
        clusters,
        clusters as people,
        cast(null as double) as deff,
        value,
        lo,
        hi,
        coalesce(refused_because, 'confusion matrix of labels inverted, t over people and Poisson bootstrap of labels') as method,
        0.0 as correlation,
        cast(null as bigint) as events
    from moods
),

estimates as (
    select * from share_estimates
    union all
    select * from broadcast
    union all
    select * from mean_estimates
    union all
    select * from response_estimates
    union all
    select * from exact
    union all
    select * from shares_of_coverage
    union all
    select * from read_off
)

select
    estimates.* exclude (cut_no, clock),
    cuts.audience,
    cuts.platform,
    cuts.profile_id,
    case when estimates.clock = 'all' then cuts.dimension else 'clock' end as dimension,
    case when estimates.clock = 'all' then cuts.dimension_value else estimates.clock end as dimension_value
from estimates
inner join cuts on estimates.cut_no = cuts.computed_as
-- working time is shown beside the clock for all platforms and for each, not finer
where estimates.clock = 'all' or cuts.dimension = 'all' and cuts.profile_id = 'all'

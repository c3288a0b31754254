-- the machine's counts turned into what people would have said
{% set cell = 'period_kind, period_start, cut_no' -%}
with sums as (
    select * from {{ ref('int_indicator_sums') }}
    where indicator in ('sentiment_net', 'sentiment_positive', 'sentiment_negative')
),

confusions as (
    select * from {{ ref('int_sentiment_confusions') }}
),

-- a matrix that a few other labels would have made singular tells nothing
trust as (
    select
        case
            when min(case when replicate = 0 then smallest_class end) < {{ var('sentiment_labels_of_each_mood', 10) }}
                then 'fewer than {{ var("sentiment_labels_of_each_mood", 10) }} labels of each mood'
            when
                min(case when replicate = 0 then abs(determinant) end) < 0.1
                or sum(case when coalesce(abs(determinant), 0) < 0.05 then 1 else 0 end) > {{ bootstrap_tail_rank() }}
                then 'the labels do not tell the moods apart: confusion matrix near singular'
        end as refused_because
    from confusions
    having count(*) > 0
),

cells as (
    select
        {{ cell }},
        max(denominator) as m,
        max(clusters) as clusters,
        max(case when indicator = 'sentiment_positive' then numerator end) as positive,
        max(case when indicator = 'sentiment_negative' then numerator end) as negative,
        max(case when indicator = 'sentiment_positive' then sum_xx end) as sum_pp,
        max(case when indicator = 'sentiment_negative' then sum_xx end) as sum_nn,
        max(case when indicator = 'sentiment_net' then sum_xx end) as sum_xx,
        max(case when indicator = 'sentiment_positive' then sum_xm end) as sum_pm,
        max(case when indicator = 'sentiment_negative' then sum_xm end) as sum_nm,
        max(sum_mm) as sum_mm
    from sums
    group by {{ cell }}
),

corrected as (
    select
        cells.*,
        confusions.replicate,
        trust.refused_because,
        confusions.weight_neutral,
        confusions.weight_positive - confusions.weight_neutral as a,
        confusions.weight_negative - confusions.weight_neutral as b,
        confusions.weight_neutral
        + (
            (confusions.weight_positive - confusions.weight_neutral) * cells.positive
            + (confusions.weight_negative - confusions.weight_neutral) * cells.negative
        )
        / cells.m as net
    from cells
    cross join confusions
    cross join trust
),

-- what other labels would have made of it
spread as (
    select
        {{ cell }},
        {{ exact_variance('cast(greatest(-99, least(99, net)) as decimal(18, 12))') }} as variance_of_labels
    from corrected
    where replicate > 0 and net is not null
    group by {{ cell }}
),

-- what other people would have written
measured as (
    select
        corrected.*,
        spread.variance_of_labels,
        (corrected.clusters / (corrected.clusters - 1.0))
        * (
            a * a * sum_pp + b * b * sum_nn + a * b * (sum_pp + sum_nn - sum_xx)
            + 2 * (weight_neutral - net) * (a * sum_pm + b * sum_nm)
            + (weight_neutral - net) * (weight_neutral - net) * sum_mm
        )
        / (cast(m as double) * m) as variance_of_people,
        {{ t_quantile('(corrected.clusters - 1)') }} as quantile
    from corrected
    inner join spread
        on corrected.period_kind = spread.period_kind
        and corrected.period_start is not distinct from spread.period_start
        and corrected.cut_no = spread.cut_no
    where corrected.replicate = 0 and corrected.clusters > 1
)

select
    'sentiment_net_corrected' as indicator,
    {{ cell }},
    m as n,
    clusters,
    case when refused_because is null then greatest(-1.0, least(1.0, net)) end as value,
    case
        when refused_because is null then greatest(-1.0, least(1.0, net - quantile * {{ root('(variance_of_people + variance_of_labels)') }}))
    end as lo,
    case
        when refused_because is null then greatest(-1.0, least(1.0, net + quantile * {{ root('(variance_of_people + variance_of_labels)') }}))
    end as hi,
    refused_because
from measured

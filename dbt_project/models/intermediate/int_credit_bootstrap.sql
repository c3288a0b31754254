with cells as (
    select * from {{ ref('int_credit_cells') }}
    where n_eff >= {{ minimum_effective_customers() }} and bookings_without_margin = 0
),

clock as (
    select {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

-- only what can bear an interval: enough customers, and a cost to set them against; a campaign has one row, the latest
wanted as (
    select cells.*
    from cells
    cross join clock
    left join (select distinct channel from {{ ref('int_channel_cost_months') }} where full_cost > 0) as costed
        on cells.dimension = 'channel' and cells.dimension_value = costed.channel
    left join (select distinct campaign_id from {{ ref('int_cost_days') }} where amount > 0) as campaigns
        on cells.dimension = 'campaign' and cells.dimension_value = campaigns.campaign_id
    where (costed.channel is not null and cells.month <= clock.as_of_month)
        or (campaigns.campaign_id is not null and cells.next_month > clock.as_of_month)
),

series as (
    select
        *,
        row_number() over (order by dimension, dimension_value, basis, model, lookback_rule, lookback_days) as series_id
    from (select distinct dimension, dimension_value, basis, model, lookback_rule, lookback_days from wanted) as distinct_series
),

steps as (
    select
        series.series_id,
        steps.month,
        steps.customer_key,
        cast(steps.margin_after as double) as margin_after,
        cast(steps.margin_before as double) as margin_before,
        max(abs(cast(steps.margin_after as double))) over (partition by series.series_id) / 32767 as unit
    from {{ ref('int_credit_steps') }} as steps
    inner join series
        on steps.dimension = series.dimension
        and steps.dimension_value = series.dimension_value
        and steps.basis = series.basis
        and {{ same_rule('steps', 'series') }}
),

-- t does not depend on the unit of money; in whole numbers below 2^15 sums of squares stay exact in doubles, in any order
scaled as (
    select
        series_id,
        month,
        customer_key,
        round(margin_after / unit) - round(margin_before / unit) as z,
        round(margin_after / unit) * round(margin_after / unit) - round(margin_before / unit) * round(margin_before / unit) as zz
    from steps
    where unit > 0
),

customers as (
    select distinct customer_key from scaled
),

weights as (
    {{ bootstrap_weights('customers') }}
),

totals as (
    select series_id, month, sum(z) as z
    from scaled
    group by series_id, month
),

blocks as (
    select
        scaled.series_id,
        scaled.month,
        weights.block,
        {%- for part in range(8) %}
        sum(scaled.z * weights.w{{ part }}) as z{{ part }},
        sum(scaled.zz * weights.w{{ part }}) as zz{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from scaled
    inner join weights on scaled.customer_key = weights.customer_key
    group by scaled.series_id, scaled.month, weights.block
),

replicates as (
    {% for part in range(8) -%}
    select series_id, month, block * 8 + {{ part }} as replicate, z{{ part }} as z, zz{{ part }} as zz
    from blocks
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

statistics as (
    select
        replicates.series_id,
        replicates.month,
        (sum(replicates.z - totals.z) over so_far) / nullif(sqrt(sum(replicates.zz) over so_far), 0) as t
    from replicates
    inner join totals on replicates.series_id = totals.series_id and replicates.month = totals.month
    where replicates.replicate < {{ bootstrap_replicates() }}
    window so_far as (partition by replicates.series_id, replicates.replicate order by replicates.month)
),

ranked as (
    select
        statistics.*,
        row_number() over (partition by statistics.series_id, statistics.month order by statistics.t) as place
    from statistics
    where statistics.t is not null
)

select
    series.dimension,
    series.dimension_value,
    series.basis,
    series.model,
    series.lookback_rule,
    series.lookback_days,
    ranked.month,
    max(case when ranked.place = {{ bootstrap_tail_rank() }} then ranked.t end) as t_lower,
    max(case when ranked.place = {{ bootstrap_replicates() + 1 - bootstrap_tail_rank() }} then ranked.t end) as t_upper
from ranked
inner join series on ranked.series_id = series.series_id
inner join wanted
    on series.dimension = wanted.dimension
    and series.dimension_value = wanted.dimension_value
    and series.basis = wanted.basis
    and {{ same_rule('series', 'wanted') }}
    and ranked.month = wanted.month
group by
    series.dimension,
    series.dimension_value,
    series.basis,
    series.model,
    series.lookback_rule,
    series.lookback_days,
    ranked.month

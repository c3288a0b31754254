with cells as (
    select * from {{ ref('int_credit_cells') }}
    where n_eff >= {{ minimum_effective_customers() }} and bookings_without_margin = 0
),

clock as (
    select {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

costed as (
    select distinct channel from {{ ref('int_channel_cost_months') }} where full_cost > 0
),

campaigns as (
    select distinct campaign_id from {{ ref('int_cost_days') }} where amount > 0
),

-- only what can bear an interval: enough customers, and a cost to set them against; a campaign has one row, the latest
wanted as (
    select cells.*
    from cells
    cross join clock
    left join costed
        on cells.dimension = 'channel' and cells.dimension_value = costed.channel
    left join campaigns
        on cells.dimension = 'campaign' and cells.dimension_value = campaigns.campaign_id
    where (costed.channel is not null and cells.month <= clock.as_of_month)
        or (campaigns.campaign_id is not null and cells.next_month > clock.as_of_month)
),

steps as (
    select
        series_id,
        month,
        customer_no,
        cast(margin_after as double) as margin_after,
        cast(margin_before as double) as margin_before,
        max(abs(cast(margin_after as double))) over (partition by series_id) / 32767 as unit
    from {{ ref('int_credit_steps') }}
    where series_id in (select series_id from wanted)
),

-- t does not depend on the unit of money; in whole numbers below 2^15 sums of squares stay exact in doubles, in any order
scaled as (
    select
        series_id,
        month,
        customer_no,
        round(margin_after / unit) - round(margin_before / unit) as z,
        round(margin_after / unit) * round(margin_after / unit) - round(margin_before / unit) * round(margin_before / unit) as zz
    from steps
    where unit > 0
),

customers as (
    select * from {{ ref('int_credit_customers') }}
    where customer_no in (select customer_no from scaled)
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
    inner join weights on scaled.customer_no = weights.customer_no
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
    ranked.series_id,
    ranked.month,
    max(case when ranked.place = {{ bootstrap_tail_rank() }} then ranked.t end) as t_lower,
    max(case when ranked.place = {{ bootstrap_replicates() + 1 - bootstrap_tail_rank() }} then ranked.t end) as t_upper
from ranked
inner join wanted on ranked.series_id = wanted.series_id and ranked.month = wanted.month
group by ranked.series_id, ranked.month

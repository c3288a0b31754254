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
    select * from {{ ref('int_credit_steps') }}
    where series_id in (select series_id from wanted)
),

customers as (
    select customer_no, draw_key as customer_key from {{ ref('int_credit_customers') }}
    where customer_no in (select customer_no from steps)
),

limits as (
    {{ bootstrap_t('steps', 'customers') }}
)

select
    limits.series_id,
    limits.month,
    limits.t_lower,
    limits.t_upper
from limits
inner join wanted on limits.series_id = wanted.series_id and limits.month = wanted.month

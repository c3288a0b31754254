with credited as (
    select *
    from {{ ref('roi_channel_months') }}
    where model = '{{ quoted_model() }}' and lookback_rule = 'own' and basis = 'cash'
),

channel_costs as (
    select * from {{ ref('roi_channel_costs') }}
),

social as (
    select channel from {{ ref('channels') }}
    where is_social
),

-- without a single sale it is the sales that are missing, not their worth that is 0
sales as (
    select distinct cast(date_trunc('quarter', converted_month) as date) as quarter
    from {{ ref('int_conversions') }}
),

money as (
    select
        cast(date_trunc('quarter', credited.month) as date) as quarter,
        case when count(*) = count(credited.revenue) then sum(credited.revenue) end as revenue,
        case when count(*) = count(credited.contribution_margin) then sum(credited.contribution_margin) end as contribution_margin
    from credited
    inner join social on credited.channel = social.channel
    inner join sales on cast(date_trunc('quarter', credited.month) as date) = sales.quarter
    group by cast(date_trunc('quarter', credited.month) as date)
),

costs as (
    select
        cast(date_trunc('quarter', channel_costs.month) as date) as quarter,
        sum(channel_costs.full_cost) as full_cost,
        min(
            case
                when channel_costs.cost_coverage in ('missing', 'no exchange rate')
                    then channel_costs.kind || ' of ' || channel_costs.channel || ' in ' || cast(channel_costs.month as text)
            end
        ) as missing_cost
    from channel_costs
    inner join social on channel_costs.channel = social.channel
    group by cast(date_trunc('quarter', channel_costs.month) as date)
)

select
    coalesce(money.quarter, costs.quarter) as quarter,
    money.revenue,
    money.contribution_margin,
    costs.full_cost,
    case when money.quarter is null then 'no sale is known' end as sales_missing_because,
    case
        when costs.missing_cost is not null then 'a required cost is missing: ' || costs.missing_cost
        when costs.full_cost is null then 'no cost was given'
        when money.quarter is null then 'no sale is known'
        when money.contribution_margin is null then 'the margin of some sales is not known'
        when costs.full_cost = 0 then 'nothing was spent'
    end as roi_missing_because
from money
full outer join costs on money.quarter = costs.quarter

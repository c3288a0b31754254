with clock as (
    select as_of_date, {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

policy as (
    select channel, kind, policy from {{ ref('cost_policy') }}
),

platforms as (
    select platform, organic_channel, paid_channel from {{ ref('platforms') }}
),

own as (
    select
        {{ month_of('costs.date') }} as month,
        costs.channel,
        costs.kind,
        case when count(*) = count(costs.amount_reporting) then sum(costs.amount_reporting) end as amount,
        sum(costs.hours) as hours,
        count(*) as cost_days
    from {{ ref('int_cost_days') }} as costs
    cross join clock
    where {{ month_of('costs.date') }} <= clock.as_of_month
    group by {{ month_of('costs.date') }}, costs.channel, costs.kind
),

posts as (
    select
        {{ reporting_month('posts.posted_at') }} as month,
        case when posts.is_paid then platforms.paid_channel else platforms.organic_channel end as channel,
        count(*) as posts
    from {{ ref('int_posts') }} as posts
    inner join platforms on posts.platform = platforms.platform
    where coalesce(posts.is_brand, true)
    group by
        {{ reporting_month('posts.posted_at') }},
        case when posts.is_paid then platforms.paid_channel else platforms.organic_channel end
),

-- what a shared cost can be spread by
keys as (
    select month, channel, 'hours' as allocation_rule, sum(hours) as weight
    from own
    where channel <> 'shared'
    group by month, channel
    union all
    select month, channel, 'spend' as allocation_rule, sum(amount) as weight
    from own
    where channel <> 'shared' and kind = 'ad_spend'
    group by month, channel
    union all
    select month, channel, 'posts' as allocation_rule, sum(posts) as weight
    from posts
    where channel is not null
    group by month, channel
),

-- the rule of the policy first, else by hours, else by spend, else by posts
rules as (
    select
        shared.month,
        shared.kind,
        shared.amount,
        keys.allocation_rule,
        sum(keys.weight) as total_weight,
        row_number() over (
            partition by shared.month, shared.kind
            order by
                case
                    when policy.policy = 'allocated_by_' || keys.allocation_rule then 0
                    when keys.allocation_rule = 'hours' then 1
                    when keys.allocation_rule = 'spend' then 2
                    else 3
                end
        ) as place
    from own as shared
    inner join keys on shared.month = keys.month and keys.weight > 0
    left join policy on policy.channel = 'shared' and shared.kind = policy.kind
    where shared.channel = 'shared' and coalesce(policy.policy, 'allocated') <> 'none'
    group by shared.month, shared.kind, shared.amount, keys.allocation_rule, policy.policy
),

spread as (
    select
        rules.month,
        keys.channel,
        rules.kind,
        rules.allocation_rule,
        rules.amount as shared_amount,
        cast(keys.weight * 10000 as bigint) as weight,
        cast(rules.total_weight * 10000 as bigint) as total_weight
    from rules
    inner join keys
        on rules.month = keys.month
        and rules.allocation_rule = keys.allocation_rule
        and keys.weight > 0
    where rules.place = 1
),

allocated as (
    {{ split_cents('spread', {'allocated_shared': 'shared_amount'}, 'weight', 'total_weight', 'month, kind', 'channel') | indent(4) }}
),

-- a channel is active from its first touch or cost to its last
active as (
    select channel, min(month) as first_month, max(month) as last_month
    from (
        select channel, {{ month_of('date') }} as month from {{ ref('int_touch_channels') }}
        union all
        select channel, month from own
    ) as activity
    group by channel
),

active_months as (
    select channel, {{ months_between('first_month', 'last_month') }} as month from active
),

required as (
    select active_months.month, active_months.channel, policy.kind
    from active_months
    inner join policy on active_months.channel = policy.channel
    cross join clock
    where policy.policy = 'required' and active_months.month <= clock.as_of_month
),

cells as (
    select month, channel, kind from own
    union
    select month, channel, kind from allocated
    union
    select month, channel, kind from required
)

select
    cells.month,
    cells.channel,
    cells.kind,
    own.amount,
    case when cells.channel <> 'shared' then allocated.allocated_shared end as allocated_shared,
    case
        when cells.channel = 'shared' then null
        when own.cost_days > 0 and own.amount is null then null
        when own.cost_days is null and allocated.channel is null then null
        else cast(coalesce(own.amount, 0) + coalesce(allocated.allocated_shared, 0) as decimal(38, 4))
    end as full_cost,
    own.hours,
    allocated.allocation_rule,
    coalesce(policy.policy, 'none') as policy,
    case
        when own.cost_days > 0 and own.amount is null then 'no exchange rate'
        when own.cost_days > 0 and own.amount = 0 and coalesce(allocated.allocated_shared, 0) = 0 then 'declared zero'
        when own.cost_days > 0 then 'given'
        when allocated.channel is not null then 'allocated'
        else 'missing'
    end as cost_coverage
from cells
left join own on cells.month = own.month and cells.channel = own.channel and cells.kind = own.kind
left join allocated on cells.month = allocated.month and cells.channel = allocated.channel and cells.kind = allocated.kind
left join policy on cells.channel = policy.channel and cells.kind = policy.kind

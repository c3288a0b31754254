with campaigns as (
    select * from {{ ref('int_campaigns') }}
),

platforms as (
    select * from {{ ref('platforms') }}
),

costs as (
    select
        costs.cost_id,
        costs.kind,
        costs.platform,
        costs.campaign_id,
        coalesce(
            costs.channel,
            campaigns.channel,
            case when costs.kind = 'ad_spend' then platforms.paid_channel else platforms.organic_channel end,
            'shared'
        ) as channel,
        costs.amount,
        costs.currency,
        costs.hours,
        costs.period_start,
        greatest(costs.period_start, costs.period_end) as period_end,
        greatest(costs.period_end - costs.period_start, 0) + 1 as days
    from {{ ref('int_costs') }} as costs
    left join campaigns on costs.campaign_id = campaigns.campaign_id
    left join platforms on coalesce(costs.platform, campaigns.platform) = platforms.platform
),

exploded as (
    select
        *,
        {{ days_between('period_start', 'period_end') }} as date
    from costs
),

split as (
    {{ split_cents('exploded', {'day_amount': 'amount', 'day_hours': 'hours'}, '1', 'days', 'cost_id', 'date') | indent(4) }}
),

booked as (
    select
        cost_id,
        'costs' as cost_source,
        kind,
        platform,
        campaign_id,
        channel,
        date,
        currency,
        day_amount as amount,
        day_hours as hours
    from split
),

advertised as (
    select
        'ad_metrics|' || ads.platform || '|' || coalesce(ads.campaign_id, '') || '|' || coalesce(ads.currency, '') as cost_id,
        'ad_metrics' as cost_source,
        'ad_spend' as kind,
        ads.platform,
        ads.campaign_id,
        coalesce(campaigns.channel, platforms.paid_channel, 'paid_social') as channel,
        ads.date,
        ads.currency,
        cast(sum(ads.spend) as decimal(18, 4)) as amount,
        cast(null as decimal(18, 4)) as hours
    from {{ ref('int_ad_metrics') }} as ads
    left join campaigns on ads.campaign_id = campaigns.campaign_id
    left join platforms on ads.platform = platforms.platform
    where ads.spend is not null
    group by ads.platform, ads.campaign_id, ads.currency, ads.date, campaigns.channel, platforms.paid_channel
),

-- what is booked outranks what the platform reports: the same money never counts twice
advertised_and_not_booked as (
    select advertised.*
    from advertised
    where not exists (
        select 1
        from booked
        where booked.kind = 'ad_spend'
            and booked.date = advertised.date
            and coalesce(booked.platform, advertised.platform) = advertised.platform
            and coalesce(booked.campaign_id, advertised.campaign_id, '') = coalesce(advertised.campaign_id, '')
            and booked.channel in (advertised.channel, 'shared')
    )
),

days as (
    select * from booked
    union all
    select * from advertised_and_not_booked
),

-- a day still to come is valued at the latest rate there can be
dated as (
    select
        days.*,
        least(days.date, clock.as_of_date) as rate_date
    from days
    cross join {{ ref('int_clock') }} as clock
)

select
    dated.cost_id,
    dated.cost_source,
    dated.kind,
    dated.channel,
    dated.platform,
    dated.campaign_id,
    dated.date,
    dated.hours,
    dated.currency,
    dated.amount,
    {{ convert('dated.amount', rate('rates', 'dated.currency')) }} as amount_reporting
from dated
{{ rate_join('rates', 'dated.currency', 'dated.rate_date') }}

with clock as (
    select {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

costs as (
    select
        month,
        channel,
        sum(full_cost) as full_cost,
        sum(amount) as own_cost,
        sum(case when kind = 'ad_spend' then full_cost end) as ad_spend,
        -- sorts by month, so that the first gap of a window is its minimum
        min(case when cost_coverage in ('missing', 'no exchange rate') then kind || ' ' || cost_coverage end) as gap
    from {{ ref('int_channel_cost_months') }}
    where channel <> 'shared'
    group by month, channel
),

claims as (
    select
        {{ month_of('ads.date') }} as month,
        coalesce(campaigns.channel, platforms.paid_channel, 'paid_social') as channel,
        sum(cast(ads.claimed_conversions as decimal(18, 4))) as claimed_conversions
    from {{ ref('int_ad_metrics') }} as ads
    left join {{ ref('int_campaigns') }} as campaigns on ads.campaign_id = campaigns.campaign_id
    left join {{ ref('platforms') }} as platforms on ads.platform = platforms.platform
    group by {{ month_of('ads.date') }}, coalesce(campaigns.channel, platforms.paid_channel, 'paid_social')
),

seen as (
    select dimension_value as channel, month
    from {{ ref('int_credit_cells') }}
    where dimension = 'channel'
    union
    select channel, month from costs
    union
    select channel, month from claims
),

channels as (
    select distinct channel from seen
),

months as (
    select {{ months_between('first_month', 'as_of_month') }} as month
    from (
        select min(seen.month) as first_month, clock.as_of_month
        from seen
        cross join clock
        group by clock.as_of_month
    ) as span
),

dense as (
    select
        months.month,
        channels.channel,
        costs.full_cost,
        costs.own_cost,
        costs.ad_spend,
        claims.claimed_conversions,
        strftime(months.month, '%Y-%m') || ': ' || costs.gap as gap
    from months
    cross join channels
    left join costs on months.month = costs.month and channels.channel = costs.channel
    left join claims on months.month = claims.month and channels.channel = claims.channel
),

-- months are dense, so that rows count months
bases as (
    {% for basis, frame in {
        'cash': 'current row', 'accrual': 'current row', 'cash_12_months': '11 preceding', 'cash_cumulative': 'unbounded preceding'
    }.items() -%}
    {%- set in_window = 'partition by channel order by month rows between ' ~ frame ~ ' and current row' -%}
    select
        '{{ basis }}' as basis,
        month,
        channel,
        sum(full_cost) over ({{ in_window }}) as full_cost,
        sum(own_cost) over ({{ in_window }}) as own_cost,
        sum(ad_spend) over ({{ in_window }}) as ad_spend,
        sum(claimed_conversions) over ({{ in_window }}) as claimed_conversions,
        count(gap) over ({{ in_window }}) as gaps,
        min(gap) over ({{ in_window }}) as first_gap
    from dense
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from bases

with clock as (
    select *, {{ month_of('as_of_date') }} as as_of_month from {{ ref('int_clock') }}
),

cells as (
    select cells.*
    from {{ ref('int_credit_cells') }} as cells
    cross join clock
    where cells.dimension = 'campaign' and cells.next_month > clock.as_of_month
),

rules as (
    {{ attribution_rules() }}
),

costs as (
    select
        costs.campaign_id,
        {{ month_of('costs.date') }} > {{ months_after('clock.as_of_month', -12) }} as is_of_12_months,
        costs.kind,
        costs.amount_reporting
    from {{ ref('int_cost_days') }} as costs
    cross join clock
    where costs.campaign_id is not null and {{ month_of('costs.date') }} <= clock.as_of_month
),

claims as (
    select
        ads.campaign_id,
        {{ month_of('ads.date') }} > {{ months_after('clock.as_of_month', -12) }} as is_of_12_months,
        cast(ads.claimed_conversions as decimal(18, 4)) as claimed_conversions
    from {{ ref('int_ad_metrics') }} as ads
    cross join clock
    where ads.campaign_id is not null
),

spent as (
    {% for basis in ['cash_cumulative', 'cash_12_months', 'accrual'] -%}
    select
        '{{ basis }}' as basis,
        campaign_id,
        sum(amount_reporting) as full_cost,
        sum(case when kind = 'ad_spend' then amount_reporting end) as ad_spend,
        count(*) - count(amount_reporting) as gaps
    from costs
    {{ 'where is_of_12_months' if basis == 'cash_12_months' }}
    group by campaign_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

claimed as (
    {% for basis in ['cash_cumulative', 'cash_12_months', 'accrual'] -%}
    select '{{ basis }}' as basis, campaign_id, sum(claimed_conversions) as claimed_conversions
    from claims
    {{ 'where is_of_12_months' if basis == 'cash_12_months' }}
    group by campaign_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

campaigns as (
    select campaign_id, name, channel, platform from {{ ref('int_campaigns') }}
),

seen as (
    select campaign_id from campaigns
    union
    select dimension_value as campaign_id from cells
    union
    select campaign_id from spent
    union
    select campaign_id from claimed
),

bases as (
    {% for basis in ['cash_cumulative', 'cash_12_months', 'accrual'] %}select '{{ basis }}' as basis{{ ' union all ' if not loop.last }}{% endfor %}
),

filled as (
    select
        seen.campaign_id,
        campaigns.name,
        case seen.campaign_id
            when '(direct)' then 'direct'
            when '(unattributed)' then 'unattributed'
            else campaigns.channel
        end as channel,
        campaigns.platform,
        rules.model,
        rules.lookback_rule,
        rules.lookback_days,
        bases.basis,
        spent.full_cost,
        spent.ad_spend,
        claimed.claimed_conversions,
        coalesce(spent.gaps, 0) as gaps,
        'no exchange rate for a cost' as first_gap,
        coalesce(cells.conversions, 0) as conversions,
        coalesce(cells.new_customers, 0) as new_customers,
        {{ filled_money('cells') }},
        coalesce(cells.customers, 0) as n,
        cells.standard_error,
        bootstrap.t_lower,
        bootstrap.t_upper,
        last_day(cells.month) + coalesce(case when bases.basis = 'accrual' then lags.lag_p90_days end, 0) as mature_on
    from seen
    cross join rules
    cross join bases
    left join campaigns on seen.campaign_id = campaigns.campaign_id
    left join spent on seen.campaign_id = spent.campaign_id and bases.basis = spent.basis
    left join claimed on seen.campaign_id = claimed.campaign_id and bases.basis = claimed.basis
    left join cells
        on seen.campaign_id = cells.dimension_value and bases.basis = cells.basis
        and {{ same_rule('rules', 'cells') }}
    left join {{ ref('int_credit_bootstrap') }} as bootstrap on cells.series_id = bootstrap.series_id and cells.month = bootstrap.month
    left join {{ ref('int_credit_lags') }} as lags on {{ same_rule('rules', 'lags') }}
),

matured as (
    select
        filled.*,
        clock.is_demo,
        coalesce(clock.as_of_date > filled.mature_on, true) as is_mature
    from filled
    cross join clock
),

judged as (
    select
        *,
        {{ roi_missing_because() }} as missing_because
    from matured
),

measured as (
    select
        *,
        case when missing_because is null then {{ ratio('contribution_margin - full_cost', 'full_cost') }} end as attributed_roi,
        {{ interval_limit('t_upper') }} as lo,
        {{ interval_limit('t_lower') }} as hi
    from judged
),

ranged as (
    select
        *,
        {{ model_limit('min', 'campaign_id, basis') }} as model_lo,
        {{ model_limit('max', 'campaign_id, basis') }} as model_hi
    from measured
),

calibrated as (
    {{ calibrated_covers() }}
),

final as (
    select
        campaign_id,
        name,
        channel,
        platform,
        model,
        lookback_rule,
        lookback_days,
        basis,
        cast(conversions as decimal(38, 12)) as conversions,
        cast(new_customers as decimal(38, 12)) as new_customers,
        cast(revenue as decimal(38, 4)) as revenue,
        cast(contribution_margin as decimal(38, 4)) as contribution_margin,
        margin_basis,
        cast(full_cost as decimal(38, 4)) as full_cost,
        '{{ var("reporting_currency") }}' as currency,
        attributed_roi,
        lo,
        hi,
        cast(n as bigint) as n,
        {{ published_double('n_eff') }} as n_eff,
        model_lo,
        model_hi,
        case when gaps = 0 then {{ ratio('revenue', 'ad_spend') }} end as roas,
        case when gaps = 0 then {{ ratio('full_cost', 'new_customers') }} end as cac,
        cast(claimed_conversions as decimal(38, 4)) as claimed_conversions,
        {{ ratio('claimed_conversions', 'conversions') }} as claimed_ratio,
        {{ interval_method() }} || {{ calibrated_note('calibrated') }} as method,
        'D' as evidence_grade,
        calibrated.cover as calibrated_cover,
        calibrated.world as calibrated_world,
        is_mature,
        {{ credit_suppressed_reason() }} as suppressed_reason,
        is_demo
    from ranged
    left join calibrated
        on ranged.lo is not null
        and {{ credit_estimator('ranged.model') }} = calibrated.estimator
        and {{ credit_condition('ranged.n', 'ranged.n_eff') }} = calibrated.condition
)

select * from final

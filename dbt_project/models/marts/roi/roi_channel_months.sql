with clock as (
    select * from {{ ref('int_clock') }}
),

costs as (
    select * from {{ ref('int_credit_costs') }}
),

cells as (
    select * from {{ ref('int_credit_cells') }}
    where dimension = 'channel'
),

rules as (
    {{ attribution_rules() }}
),

-- money that bought nothing has a row as well
filled as (
    select
        costs.month,
        costs.channel,
        rules.model,
        rules.lookback_rule,
        rules.lookback_days,
        costs.basis,
        costs.full_cost,
        costs.own_cost,
        costs.ad_spend,
        costs.claimed_conversions,
        costs.gaps,
        costs.first_gap,
        coalesce(cells.conversions, 0) as conversions,
        coalesce(cells.new_customers, 0) as new_customers,
        {{ filled_money('cells') }},
        coalesce(cells.customers, 0) as n,
        cells.standard_error,
        bootstrap.t_lower,
        bootstrap.t_upper,
        last_day(costs.month) + coalesce(case when costs.basis = 'accrual' then lags.lag_p90_days end, 0) as mature_on
    from costs
    cross join rules
    left join cells
        on costs.channel = cells.dimension_value
        and costs.basis = cells.basis
        and {{ same_rule('rules', 'cells') }}
        and costs.month >= cells.month
        and costs.month < cells.next_month
    left join {{ ref('int_credit_bootstrap') }} as bootstrap on cells.series_id = bootstrap.series_id and cells.month = bootstrap.month
    left join {{ ref('int_credit_lags') }} as lags on {{ same_rule('rules', 'lags') }}
),

matured as (
    select
        filled.*,
        clock.is_demo,
        clock.as_of_date > filled.mature_on as is_mature
    from filled
    cross join clock
),

judged as (
    select
        *,
        {{ roi_missing_because() }} as missing_because
    from matured
),

-- payback is counted from the first month with a cost to the first in which the margin so far covers the cost so far
covered as (
    select
        *,
        basis = 'cash_cumulative' and missing_because is null and contribution_margin >= full_cost as is_covered,
        min(case when basis = 'cash_cumulative' and full_cost > 0 then month end) over same_rule as first_cost_month
    from judged
    window same_rule as (partition by channel, model, lookback_rule, lookback_days, basis)
),

measured as (
    select
        *,
        case when missing_because is null then {{ ratio('contribution_margin - full_cost', 'full_cost') }} end as attributed_roi,
        case when missing_because is null then {{ ratio('contribution_margin - own_cost', 'own_cost') }} end as attributed_roi_without_shared,
        {{ interval_limit('t_upper') }} as lo,
        {{ interval_limit('t_lower') }} as hi,
        min(case when is_covered then month end) over (
            partition by channel, model, lookback_rule, lookback_days, basis order by month
        ) as covered_month
    from covered
),

ranged as (
    select
        *,
        {{ model_limit('min', 'month, channel, basis') }} as model_lo,
        {{ model_limit('max', 'month, channel, basis') }} as model_hi
    from measured
),

calibrated as (
    {{ calibrated_covers() }}
),

final as (
    select
        month,
        channel,
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
        cast(own_cost as decimal(38, 4)) as own_cost,
        '{{ var("reporting_currency") }}' as currency,
        attributed_roi,
        attributed_roi_without_shared,
        lo,
        hi,
        cast(n as bigint) as n,
        {{ published_double('n_eff') }} as n_eff,
        model_lo,
        model_hi,
        case when gaps = 0 then {{ ratio('revenue', 'ad_spend') }} end as roas,
        case when gaps = 0 then {{ ratio('full_cost', 'new_customers') }} end as cac,
        case when is_covered then cast({{ months_apart('first_cost_month', 'covered_month') }} + 1 as integer) end as payback_months,
        cast(claimed_conversions as decimal(38, 4)) as claimed_conversions,
        {{ ratio('claimed_conversions', 'conversions') }} as claimed_ratio,
        {{ interval_method() }} || {{ calibrated_note('calibrated') }} as method,
        'D' as evidence_grade,
        calibrated.cover as calibrated_cover,
        calibrated.world as calibrated_world,
        is_mature,
        model = '{{ quoted_model() }}' and lookback_rule = 'own' and basis = 'cash_12_months' and lo is not null as is_quoted,
        {{ credit_suppressed_reason() }} as suppressed_reason,
        is_demo
    from ranged
    left join calibrated
        on ranged.lo is not null
        and {{ credit_estimator('ranged.model') }} = calibrated.estimator
        and {{ credit_condition('ranged.n', 'ranged.n_eff') }} = calibrated.condition
)

select * from final

{% set plan = {'n_units': 'bigint', 'weeks': 'bigint', 'detectable_effect': 'double', 'is_proposed': 'boolean'} -%}

with quotable as (
    select *
    from {{ ref('roi_channel_months') }}
    where model = '{{ quoted_model() }}' and lookback_rule = 'own' and basis = 'cash_12_months'
),

-- a causal result may be quoted for its own channel, once it is over and for 12 months after it ended, and never instead of its dates
experiments as (
    select
        quotable.month,
        tests.*,
        row_number() over (
            partition by quotable.month, quotable.channel order by tests.ends_on desc, tests.experiment_id asc, tests.outcome asc
        ) as recency
    from quotable
    inner join {{ ref('roi_experiments') }} as tests
        on quotable.channel = tests.channel
        and tests.ends_on <= last_day(quotable.month)
        and tests.ends_on >= {{ months_after('quotable.month', -11) }}
    cross join {{ ref('int_clock') }} as clock
    where tests.evidence_grade in ('A', 'B', 'B-') and tests.is_primary and {{ is_over('tests.ends_on') }}
),

plans as (
    {{ estimates('est_experiment_plans', plan) }}
),

widest as (
    select
        quotable.*,
        case
            when quotable.lo is null then null
            when quotable.model_hi - quotable.model_lo > quotable.hi - quotable.lo then 'range over rules and lookbacks'
            else 'sampling'
        end as interval_kind
    from quotable
),

final as (
    select
        widest.month,
        widest.channel,
        coalesce(experiments.headline, 'no causal estimate; credit, not effect') as headline,
        coalesce(experiments.evidence_grade, 'D') as evidence_grade,
        experiments.experiment_id,
        experiments.starts_on as experiment_starts_on,
        experiments.ends_on as experiment_ends_on,
        experiments.n_units as experiment_units,
        experiments.iroi,
        experiments.iroi_lo,
        experiments.iroi_hi,
        case when experiments.experiment_id is null then plans.n_units end as plan_units,
        cast(case when experiments.experiment_id is null then plans.weeks end as integer) as plan_weeks,
        case when experiments.experiment_id is null then {{ published_double('plans.detectable_effect') }} end as plan_detectable_effect,
        case when widest.lo is not null then widest.attributed_roi end as attributed_roi,
        case widest.interval_kind when 'sampling' then widest.lo else case when widest.lo is not null then widest.model_lo end end as lo,
        case widest.interval_kind when 'sampling' then widest.hi else case when widest.lo is not null then widest.model_hi end end as hi,
        widest.interval_kind,
        widest.n,
        widest.n_eff,
        widest.conversions,
        widest.new_customers,
        widest.revenue,
        widest.contribution_margin,
        widest.margin_basis,
        widest.full_cost,
        widest.own_cost,
        widest.currency,
        widest.roas,
        widest.cac,
        payback.payback_months,
        widest.claimed_conversions,
        widest.claimed_ratio,
        case when widest.claimed_conversions is not null then 'E' end as claimed_evidence_grade,
        widest.model,
        widest.lookback_rule,
        widest.basis,
        widest.method,
        case when widest.interval_kind = 'sampling' then widest.calibrated_cover end as calibrated_cover,
        case when widest.interval_kind = 'sampling' then widest.calibrated_world end as calibrated_world,
        widest.is_mature,
        widest.suppressed_reason,
        widest.is_demo
    from widest
    left join {{ ref('roi_channel_months') }} as payback
        on widest.month = payback.month
        and widest.channel = payback.channel
        and widest.model = payback.model
        and payback.lookback_rule = 'own'
        and payback.basis = 'cash_cumulative'
    left join experiments
        on widest.month = experiments.month
        and widest.channel = experiments.channel
        and experiments.recency = 1
    left join plans on plans.is_proposed
)

select * from final

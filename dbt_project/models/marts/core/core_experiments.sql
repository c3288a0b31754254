{{ config(tags=['estimated']) }}

{% set limits = ['effect', 'effect_lo', 'effect_hi', 'effect_total', 'effect_total_lo', 'effect_total_hi', 'effect_pct', 'effect_pct_lo', 'effect_pct_hi'] -%}
{%- set checks = ['pretrend_p', 'prefit_rmspe_pct', 'effect_demeaned'] -%}
{%- set estimated = {'experiment_id': 'text', 'outcome': 'text', 'method': 'text', 'interval_reason': 'text', 'reason': 'text'} -%}
{%- for name in ['n_units', 'n_treated', 'n_control'] %}{% do estimated.update({name: 'bigint'}) %}{% endfor -%}
{%- for name in limits + checks + ['p_value'] %}{% do estimated.update({name: 'double'}) %}{% endfor -%}

with clock as (
    select * from {{ ref('int_clock') }}
),

experiments as (
    select * from {{ ref('int_experiments') }}
),

outcomes as (
    select
        experiment_id,
        outcome,
        max(outcome_kind) as outcome_kind,
        max(last_on) as last_on,
        count(*) as n_units,
        count(*) filter (where is_treated) as n_treated,
        count(*) filter (where not is_treated) as n_control,
        count(*) filter (where is_contradictory) as n_contradictory,
        max(outcome_kind) = 'rate' and bool_or(has_some_denominator) and not bool_and(has_denominator) as has_missing_denominators
    from {{ ref('int_experiment_units') }}
    group by experiment_id, outcome
),

-- every date that was given, also one that the file leaves out of the test
outcome_dates as (
    select distinct
        outcomes.experiment_id,
        coalesce(outcomes.outcome, experiments.primary_outcome, 'outcome') as outcome,
        outcomes.date
    from {{ ref('int_experiment_outcomes') }} as outcomes
    inner join experiments on outcomes.experiment_id = experiments.experiment_id
),

outcome_steps as (
    select
        *,
        {{ days_apart('lag(date) over (partition by experiment_id, outcome order by date asc)', 'date') }} as step_days
    from outcome_dates
),

-- days, weeks or months: by the longest step from one date to the next it is told whether the end was reached
outcome_ends as (
    select
        experiment_id,
        outcome,
        max(date) as given_until,
        max(step_days) as step_days
    from outcome_steps
    group by experiment_id, outcome
),

estimates as (
    {{ estimates('est_experiments', estimated) }}
),

members as (
    select
        units.experiment_id,
        plans.unit_kind,
        units.unit_id,
        bool_or(units.is_treated) as is_treated,
        max(plans.starts_on) as starts_on,
        max(coalesce(plans.cooldown_ends_on, plans.ends_on)) as affected_until
    from {{ ref('int_experiment_units') }} as units
    inner join experiments as plans on units.experiment_id = plans.experiment_id
    group by units.experiment_id, plans.unit_kind, units.unit_id
),

-- a unit that another test treats at the same time shows both effects; where it is in both a control there is nothing to show
simultaneous as (
    select distinct
        members.experiment_id,
        others.experiment_id as other_id
    from members
    inner join members as others on members.unit_kind = others.unit_kind and members.unit_id = others.unit_id
    where members.experiment_id <> others.experiment_id
        and (members.is_treated or others.is_treated)
        and members.starts_on <= others.affected_until
        and others.starts_on <= members.affected_until
),

shared as (
    select
        experiment_id,
        string_agg(other_id, ', ' order by other_id) as shares_units_with
    from simultaneous
    group by experiment_id
),

-- an experiment stands here whether or not an outcome came
joined as (
    select
        experiments.experiment_id,
        coalesce(outcomes.outcome, experiments.primary_outcome, 'outcome') as outcome,
        outcomes.outcome_kind,
        experiments.design,
        experiments.channel,
        experiments.campaign_id,
        experiments.starts_on,
        experiments.ends_on,
        coalesce(experiments.currency, '{{ var("reporting_currency") }}') as currency,
        coalesce(estimates.n_units, outcomes.n_units, 0) as n_units,
        coalesce(estimates.n_treated, outcomes.n_treated, 0) as n_treated,
        coalesce(estimates.n_control, outcomes.n_control, 0) as n_control,
        {% for name in limits + checks + ['p_value'] -%}
        estimates.{{ name }},
        {% endfor -%}
        coalesce(experiments.level, 0.95) as level,
        coalesce(experiments.tails, 2) as tails,
        -- all units that were drawn, also those that the estimate leaves out
        case
            when experiments.design = 'randomised' and experiments.expected_share > 0 and experiments.expected_share < 1 and outcomes.n_units > 0
                then
                    {{ two_sided_p(
                        '((outcomes.n_treated - outcomes.n_units * experiments.expected_share)'
                        ~ ' / sqrt(outcomes.n_units * experiments.expected_share * (1 - experiments.expected_share)))'
                    ) }}
        end as srm_p,
        coalesce({{ reporting_date('experiments.assigned_at') }} >= experiments.starts_on, false) as is_assigned_late,
        estimates.method,
        estimates.interval_reason,
        shared.shares_units_with,
        case
            when experiments.design not in ('randomised', 'did', 'synthetic_control', 'its', 'tbr')
                then 'the design is none of randomised, did, synthetic_control, its, tbr'
            when experiments.ends_on < experiments.starts_on then 'the test ends before it starts'
            when outcomes.experiment_id is null then 'no outcome was given for the days of the test'
            when experiments.ends_on >= clock.as_of_date and outcomes.last_on < experiments.ends_on then 'the test is not over'
            when {{ days_apart('outcome_ends.given_until', 'experiments.ends_on') }} >= outcome_ends.step_days
                then 'outcomes stop on ' || outcome_ends.given_until || ', before the end of the test'
            when outcomes.n_contradictory > 0 then outcomes.n_contradictory || ' units are both treated and untreated'
            when outcomes.has_missing_denominators then 'some rows of the rate have a denominator and some have none'
            when estimates.experiment_id is null then 'not estimated yet'
            else estimates.reason
        end as suppressed_reason,
        coalesce(experiments.cooldown_ends_on >= clock.as_of_date and outcomes.last_on < experiments.cooldown_ends_on, false) as is_cooling_down,
        clock.is_demo
    from experiments
    left join outcomes on experiments.experiment_id = outcomes.experiment_id
    left join outcome_ends on outcomes.experiment_id = outcome_ends.experiment_id and outcomes.outcome = outcome_ends.outcome
    left join estimates on outcomes.experiment_id = estimates.experiment_id and outcomes.outcome = estimates.outcome
    left join shared on experiments.experiment_id = shared.experiment_id
    cross join clock
),

tested as (
    select
        *,
        case
            when design = 'synthetic_control' then p_value is not null
            when design = 'tbr' then pretrend_p is not null
            -- without a control there is nothing to play with: B- says so
            when design = 'its' then pretrend_p is not null or n_control = 0
            else design <> 'did'
        end as has_placebo_test
    from joined
),

-- a design that failed loses its grade
judged as (
    select
        *,
        nullif(
            concat_ws(
                '; ',
                case when srm_p < 0.001 then 'units are not shared out as planned (sample-ratio test)' end,
                case when design = 'randomised' and is_assigned_late then 'units were not assigned before the start' end,
                case when design = 'did' and pretrend_p < 0.10 then 'treated and control units moved apart before the test' end,
                case when design = 'did' and pretrend_p is null then 'too few days before the test to compare trends' end,
                case
                    when design = 'tbr' and pretrend_p < 0.10 or design = 'its' and n_control > 0 and pretrend_p < 0.10
                        then 'the last days before the test show an effect where there was none'
                end,
                case when prefit_rmspe_pct > 10 then 'the fit before the test misses the mean by ' || round(prefit_rmspe_pct, 1) || ' %' end,
                case when n_treated < 4 and not has_placebo_test then 'fewer than 4 treated units and no placebo test' end
            ),
            ''
        ) as fault
    from tested
),

graded as (
    select
        *,
        case
            when suppressed_reason is not null then null
            when fault is not null then 'C'
            when design = 'randomised' then 'A'
            when design = 'its' and n_control = 0 then 'B-'
            else 'B'
        end as evidence_grade
    from judged
),

final as (
    select
        experiment_id,
        outcome,
        outcome_kind,
        design,
        channel,
        campaign_id,
        starts_on,
        ends_on,
        case when outcome_kind = 'money' then currency end as currency,
        {{ effect_unit('outcome_kind', 'currency') }} as effect_unit,
        n_units,
        n_treated,
        n_control,
        {% for name in limits -%}
        case
            when suppressed_reason is null{{ ' and not is_cooling_down' if 'total' in name }} then {{ published_double(name) }}
        end as {{ name }},
        {% endfor -%}
        level,
        cast(tails as integer) as tails,
        case when evidence_grade in ('A', 'B', 'B-') then {{ published_double('p_value') }} end as p_value,
        {% for name in checks -%}
        case when suppressed_reason is null then {{ published_double(name) }} end as {{ name }},
        {% endfor -%}
        {{ published_double('srm_p') }} as srm_p,
        case when suppressed_reason is null then method end as method,
        evidence_grade,
        case when suppressed_reason is null then fault end as demoted_because,
        shares_units_with,
        suppressed_reason,
        case when suppressed_reason is null then interval_reason end as interval_reason,
        is_demo
    from graded
)

select * from final

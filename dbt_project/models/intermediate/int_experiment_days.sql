with experiments as (
    select * from {{ ref('int_experiments') }}
),

outcomes as (
    select * from {{ ref('int_experiment_outcomes') }}
),

-- the file's word on the period before the plan's dates; a row that names no outcome is of the primary one
phased as (
    select
        outcomes.experiment_id,
        coalesce(outcomes.outcome, experiments.primary_outcome, 'outcome') as outcome,
        experiments.primary_outcome,
        case when outcomes.outcome_kind <> 'other' then outcomes.outcome_kind end as outcome_kind,
        experiments.margin_rate is not null as is_valued,
        outcomes.unit_id,
        outcomes.is_treated,
        outcomes.block_id,
        outcomes.date,
        case
            when outcomes.period in ('pre', 'test', 'cooldown') then outcomes.period
            when outcomes.period = 'exclude' then null
            when outcomes.date between experiments.starts_on and experiments.ends_on then 'test'
            when outcomes.date < experiments.starts_on and outcomes.date >= coalesce(experiments.pre_starts_on, outcomes.date) then 'pre'
            when outcomes.date > experiments.ends_on and outcomes.date <= experiments.cooldown_ends_on then 'cooldown'
        end as phase,
        outcomes.value,
        outcomes.denominator,
        outcomes.weight,
        outcomes.cost,
        row_number() over (
            partition by
                outcomes.experiment_id,
                outcomes.unit_id,
                outcomes.date,
                coalesce(outcomes.outcome, experiments.primary_outcome, 'outcome')
            order by case when outcomes.outcome is null then 1 else 0 end
        ) as place
    from outcomes
    inner join experiments on outcomes.experiment_id = experiments.experiment_id
),

-- which outcome decides: the one that the plan names, else the only one, else what is called money
ranked as (
    select
        *,
        case
            when primary_outcome is not null then outcome = primary_outcome
            else
                min(outcome) over (partition by experiment_id) = max(outcome) over (partition by experiment_id)
                or outcome in ('revenue', 'margin', 'contribution_margin', 'profit')
        end as is_primary
    from phased
),

-- a margin per unit of revenue says that the outcome which decides is money
final as (
    select
        experiment_id,
        outcome,
        coalesce(
            outcome_kind,
            case when denominator is not null then 'rate' when is_valued and is_primary then 'money' else 'count' end
        ) as outcome_kind,
        unit_id,
        is_treated,
        block_id,
        date,
        phase,
        value,
        denominator,
        weight,
        cost
    from ranked
    where phase is not null and place = 1 and isfinite(value)
)

select * from final

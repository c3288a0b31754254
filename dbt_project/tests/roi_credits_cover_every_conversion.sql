-- Every conversion is credited under every rule and lookback, once and only once: unattributed is a row, not an absence.
with rules as (
    {{ attribution_rules() }}
),

conversions as (
    select conversion_id, opportunity_created_at from {{ ref('int_conversions') }}
),

credited as (
    select distinct conversion_id, model, lookback_rule, lookback_days
    from {{ ref('roi_attribution_credits') }}
)

select conversions.conversion_id, rules.model, rules.lookback_rule, rules.lookback_days
from conversions
cross join rules
left join credited
    on conversions.conversion_id = credited.conversion_id
    and {{ same_rule('rules', 'credited') }}
where credited.conversion_id is null
    and (rules.model <> 'w_shaped' or conversions.opportunity_created_at is not null)
union all
select credited.conversion_id, credited.model, credited.lookback_rule, credited.lookback_days
from credited
left join conversions on credited.conversion_id = conversions.conversion_id
where conversions.conversion_id is null

-- Every conversion is credited under every rule and lookback, once and only once: unattributed is a row, not an absence.
select conversions.conversion_id, rules.model, rules.lookback_rule, rules.lookback_days
from {{ ref('int_conversions') }} as conversions
cross join ({{ attribution_rules() }}) as rules
left join (
    select distinct conversion_id, model, lookback_rule, lookback_days
    from {{ ref('roi_attribution_credits') }}
) as credits
    on conversions.conversion_id = credits.conversion_id
    and {{ same_rule('rules', 'credits') }}
where credits.conversion_id is null
    and (rules.model <> 'w_shaped' or conversions.opportunity_created_at is not null)
union all
select credits.conversion_id, credits.model, credits.lookback_rule, credits.lookback_days
from {{ ref('roi_attribution_credits') }} as credits
left join {{ ref('int_conversions') }} as conversions on credits.conversion_id = conversions.conversion_id
where conversions.conversion_id is null

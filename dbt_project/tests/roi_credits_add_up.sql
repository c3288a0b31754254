-- Credits of a conversion, model and lookback add up to 1, and its booked money to the cent. w_shaped has rows for deals only.
select
    credits.conversion_id,
    credits.model,
    credits.lookback_rule,
    credits.lookback_days,
    sum(credits.credit) as credit,
    sum(credits.booked_revenue) as booked_revenue
from {{ ref('roi_attribution_credits') }} as credits
inner join {{ ref('int_conversions') }} as conversions on credits.conversion_id = conversions.conversion_id
group by credits.conversion_id, credits.model, credits.lookback_rule, credits.lookback_days
having
    sum(credits.credit) <> 1
    or min(credits.credit) <= 0
    or sum(credits.booked_revenue) is distinct from max(conversions.revenue)
    or sum(credits.booked_margin) is distinct from max(conversions.contribution_margin)

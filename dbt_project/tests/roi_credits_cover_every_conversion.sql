-- Every conversion is credited under every rule and lookback, once and only once: unattributed is a row, not an absence.
with credited as (
    select
        conversion_id,
        {%- for lookback in credit_lookbacks(attribution_lookbacks()) %}
        sum(case when is_{{ lookback.name }} then 1 else 0 end) as windows_{{ lookback.name }},
        {%- endfor %}
        count(*) filter (
            where false
            {%- for share in credit_shares(attribution_models(), attribution_lookbacks()) %}
            or ({{ share.holds }}) <> ({{ share.name }}_credit is not null)
            {%- endfor %}
        ) as absent,
        bool_or(is_deal) as is_deal
    from {{ ref('int_credit_shares') }}
    group by conversion_id
)

select conversion_id
from {{ ref('int_conversions') }} as conversions
full outer join credited using (conversion_id)
where conversions.converted_at is null
    or credited.absent is distinct from 0
    or credited.is_deal is distinct from (conversions.opportunity_created_at is not null)
    {%- for lookback in credit_lookbacks(attribution_lookbacks()) %}
    or credited.windows_{{ lookback.name }} is distinct from 1
    {%- endfor %}

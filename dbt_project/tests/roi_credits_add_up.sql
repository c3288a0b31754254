-- Credits of a conversion, model and lookback add up to 1, and its booked money to the cent. w_shaped speaks of deals only.
{%- set shares = credit_shares(attribution_models(), attribution_lookbacks()) %}
select shares.*
from {{ ref('int_credit_shares') }} as shares
inner join {{ ref('int_conversions') }} as conversions on shares.conversion_id = conversions.conversion_id
where shares.revenue is distinct from conversions.revenue
    or shares.margin is distinct from conversions.contribution_margin
    {%- for share in shares %}
    or (
        {{ share.holds }} and (
            list_sum(shares.{{ share.name }}_credit) is distinct from {{ units_of_credit() }}
            or list_min(shares.{{ share.name }}_credit) < 0
            or len(shares.{{ share.name }}_credit) <> greatest(shares.touches, 1)
            {%- for part, whole in {'revenue': 'revenue', 'margin': 'contribution_margin'}.items() %}
            or case when conversions.{{ whole }} is not null then list_sum(shares.{{ share.name }}_{{ part }}) end is distinct from {{ in_ten_thousandths('conversions.' ~ whole) }}
            or len(shares.{{ share.name }}_{{ part }}) <> greatest(shares.touches, 1)
            {%- endfor %}
        )
    )
    {%- endfor %}

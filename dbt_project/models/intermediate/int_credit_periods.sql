{#- What a month's credits depend on has all been worked out upstream: its conversions, their refunds, the touches in their windows
    (identity, channel rules, consent and rates included), and the rules themselves. -#}
with rows_of_periods as (
    select
        converted_month as period,
        {{ row_hash([
            "'conversion'", 'conversion_id', 'kind', 'customer_key', 'account_id', 'person_key', 'converted_at', 'conversion_clock', 'sale_kind',
            'revenue', 'contribution_margin', 'margin_basis', 'is_new_customer', 'opportunity_created_at', 'contact_created_at',
            'own_window_starts_at', "'" ~ local_md5(credit_weight() ~ attribution_models() ~ attribution_lookbacks()) ~ "'",
        ]) }} as row_hash
    from {{ ref('int_conversions') }}
    union all
    select
        converted_month as period,
        {{ row_hash(["'refund'", 'revenue_id', 'conversion_id', 'refunded_at', 'revenue', 'contribution_margin']) }} as row_hash
    from {{ ref('int_conversion_refunds') }}
    union all
    select
        converted_month as period,
        {{ row_hash(["'touch'", 'conversion_id', 'touch_id', 'channel', 'platform', 'campaign_id', 'touched_at']) }} as row_hash
    from {{ ref('int_journeys') }}
)

select period, {{ fingerprint('row_hash') }} as fingerprint
from rows_of_periods
group by period

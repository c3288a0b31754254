{#- What a month's credits depend on has all been worked out upstream: its conversions, their refunds, the touches in their windows
    (identity, channel rules, consent and rates included), and the rules themselves; for Markov credits the removal effects as well. -#}
{%- set weights = [] -%}
{%- for model in splitting_models() %}{% do weights.append(credit_weight(model)) %}{% endfor -%}
with rows_of_periods as (
    select
        converted_month as period,
        {{ row_hash([
            "'conversion'", 'conversion_id', 'kind', 'customer_key', 'account_id', 'person_key', 'converted_at', 'conversion_clock', 'sale_kind',
            'revenue', 'contribution_margin', 'margin_basis', 'is_new_customer', 'opportunity_created_at', 'contact_created_at',
            'own_window_starts_at', "'" ~ local_md5(weights | join ~ attribution_models() ~ attribution_lookbacks()) ~ "'",
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
),

effects as (
    select {{ row_hash(["'effect'", 'chain_id', 'channel', 'weight']) }} as row_hash
    from {{ ref('int_markov_effects') }}
),

rows_of_batches as (
    select cast(period as text) as period, row_hash
    from rows_of_periods
    union all
    select 'markov ' || cast(period as text) as period, row_hash
    from rows_of_periods
    union all
    select 'markov ' || cast(months.period as text) as period, effects.row_hash
    from (select distinct period from rows_of_periods) as months
    cross join effects
)

select period, {{ fingerprint('row_hash') }} as fingerprint
from rows_of_batches
group by period

{{ config(tags=['estimated']) }}

with lift as (
    {{ estimates('est_retention_lift', {
        'landmark': 'date', 'segment': 'text', 'exposure': 'text', 'outcome': 'text', 'compared_with': 'text', 'n1': 'bigint', 'n0': 'bigint',
        'naive': 'double', 'naive_lo': 'double', 'naive_hi': 'double', 'adjusted': 'double', 'lo': 'double', 'hi': 'double',
        'stratified': 'double', 'stratified_lo': 'double', 'stratified_hi': 'double', 'smd_before': 'double', 'smd_after': 'double',
        'matched_share': 'double', 'e_value': 'double', 'e_value_limit': 'double', 'negative_control_p': 'double', 'reason': 'text'
    }) }}
),

calibrated as (
    {{ calibrated_covers() }}
),

final as (
    select
        cast(date_trunc('quarter', lift.landmark) as date) as quarter,
        lift.segment,
        lift.exposure,
        lift.landmark,
        {{ horizon_days() }} as horizon_days,
        lift.outcome,
        lift.compared_with,
        lift.n1,
        lift.n0,
        {% for column in [
            'naive', 'naive_lo', 'naive_hi', 'adjusted', 'lo', 'hi', 'stratified', 'stratified_lo', 'stratified_hi', 'smd_before', 'smd_after',
            'matched_share', 'e_value', 'e_value_limit', 'negative_control_p',
        ] -%}
        {{ published_double('lift.' ~ column) }} as {{ 'smd_max' if column == 'smd_after' else 'smd_max_before' if column == 'smd_before' else column }},
        {% endfor -%}
        'AIPW with logistic models of exposure and outcome, influence-function interval; naive: Newcombe; strata: fifths of the propensity'
        || {{ calibrated_note('calibrated') }} as method,
        'C' as evidence_grade,
        calibrated.cover as calibrated_cover,
        calibrated.world as calibrated_world,
        lift.reason as suppressed_reason,
        clock.is_demo
    from lift
    cross join {{ ref('int_clock') }} as clock
    left join calibrated on calibrated.estimator = 'retention_lift' and calibrated.condition = 'worst' and lift.lo is not null
)

select * from final

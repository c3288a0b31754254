with indicators as (
    select * from {{ ref('relationships_indicators') }}
    where platform = 'all' and profile_id = 'all' and dimension = 'all' and period_kind in ('quarter', 'month') and value is not null
),

network as (
    select * from {{ ref('relationships_internal_network') }}
    where team = 'all' and density is not null
),

retention as (
    select * from {{ ref('roi_revenue_retention') }}
    where segment = 'all' and window_months = 3 and nrr is not null
),

lift as (
    select * from {{ ref('roi_retention_lift') }}
    where segment = 'all' and exposure = 'answered_24h' and adjusted is not null
),

summary as (
    select * from {{ ref('roi_channel_summary') }}
    where channel = 'organic_social' and attributed_roi is not null
),

wanted as (
    {% for rule in story_rules() -%}
    {% set last_rule = loop.last -%}
    {% for measure in rule.explains -%}
    select '{{ rule.rule }}' as rule, '{{ measure }}' as measure, {{ loop.index }} as preference
    {{ 'union all' if not (last_rule and loop.last) }}
    {% endfor -%}
    {% endfor %}
),

wanted_money as (
    {% for rule in story_rules() if rule.roi -%}
    select '{{ rule.rule }}' as rule, '{{ rule.roi }}' as mart
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- a reference is the mart and the columns that name one row of it, in their order
people as (
    select
        wanted.rule,
        {{ quarter_of('indicators.period_start') }} as quarter,
        indicators.audience,
        'relationships.indicators/' || indicators.indicator || '/' || indicators.period_kind || '/' || indicators.period_start
        || '/' || indicators.audience as reference,
        row_number() over (
            partition by wanted.rule, {{ quarter_of('indicators.period_start') }}, indicators.audience
            order by case indicators.period_kind when 'quarter' then 1 else 2 end asc, wanted.preference asc, indicators.period_start desc
        ) as place
    from indicators
    inner join wanted on indicators.indicator = wanted.measure
    union all
    select
        'own' as rule,
        {{ quarter_of('month') }} as quarter,
        'employees' as audience,
        'relationships.internal_network/' || month || '/' || team as reference,
        row_number() over (partition by {{ quarter_of('month') }} order by month desc) as place
    from network
    where month is not null
),

money_rows as (
    select
        'roi.revenue_retention' as mart,
        {{ quarter_of('month') }} as quarter,
        'clients' as audience,
        'roi.revenue_retention/' || month || '/' || segment || '/' || window_months as reference,
        row_number() over (partition by {{ quarter_of('month') }} order by month desc) as place
    from retention
    union all
    select
        'roi.retention_lift' as mart,
        quarter,
        'clients' as audience,
        'roi.retention_lift/' || quarter || '/' || segment || '/' || exposure || '/' || landmark || '/' || horizon_days as reference,
        row_number() over (partition by quarter order by landmark desc, horizon_days asc) as place
    from lift
    union all
    select
        'roi.channel_summary' as mart,
        {{ quarter_of('month') }} as quarter,
        audiences.audience,
        'roi.channel_summary/' || month || '/' || channel as reference,
        row_number() over (partition by audiences.audience, {{ quarter_of('month') }} order by month desc) as place
    from summary
    cross join (values ('public'), ('clients')) as audiences (audience)
)

select 'people' as side, rule, quarter, audience, reference
from people
where place = 1
union all
select 'money' as side, wanted_money.rule, money_rows.quarter, money_rows.audience, money_rows.reference
from money_rows
inner join wanted_money on money_rows.mart = wanted_money.mart
where money_rows.place = 1

-- What a story says it explains is a row that is there and has a value.
with rows_there as (
    select
        'relationships.indicators/' || indicator || '/' || period_kind || '/' || period_start || '/' || audience as reference,
        value
    from {{ ref('relationships_indicators') }}
    where platform = 'all' and profile_id = 'all' and dimension = 'all'
    union all
    select 'relationships.internal_network/' || month || '/' || team as reference, density as value
    from {{ ref('relationships_internal_network') }}
    union all
    select 'roi.revenue_retention/' || month || '/' || segment || '/' || window_months as reference, nrr as value
    from {{ ref('roi_revenue_retention') }}
    union all
    select
        'roi.retention_lift/' || quarter || '/' || segment || '/' || exposure || '/' || landmark || '/' || horizon_days as reference,
        adjusted as value
    from {{ ref('roi_retention_lift') }}
    union all
    select 'roi.channel_summary/' || month || '/' || channel as reference, attributed_roi as value
    from {{ ref('roi_channel_summary') }}
),

stories as (
    select story_id, indicator_ref as reference
    from {{ ref('relationships_stories') }}
    where indicator_ref is not null
    union all
    select story_id, roi_ref as reference
    from {{ ref('relationships_stories') }}
    where roi_ref is not null
)

select stories.story_id, stories.reference, count(rows_there.reference) as rows_found
from stories
left join rows_there on stories.reference = rows_there.reference and rows_there.value is not null
group by stories.story_id, stories.reference
having count(rows_there.reference) <> 1

{{ config(materialized='table') }}

with clock as (
    select * from {{ ref('int_clock') }}
),

measures as (
    {{ entity_coverage() }}
),

loads as (
    select source, entity, min(state) as state, min(reason) as reason
    from {{ source('goodwill', 'loads') }}
    where entity is not null
    group by source, entity
),

given as (
    select
        measures.source,
        measures.entity,
        measures.measure,
        case when measures.given_rows > 0 then 'given' else 'not_given' end as state,
        measures.row_count,
        measures.given_rows,
        case when measures.given_rows > 0 then measures.first_at end as since,
        cast(null as text) as unknown_fields,
        case
            when measures.given_rows > 0 then null
            when measures.row_count > 0 then 'the rows of this source do not give it'
            else coalesce(loads.reason, 'no row came from this source')
        end as reason
    from measures
    left join loads on measures.source = loads.source and measures.entity = loads.entity
)

select
    given.source,
    given.entity,
    given.measure,
    given.state,
    given.row_count,
    given.given_rows,
    given.since,
    given.unknown_fields,
    given.reason,
    clock.is_demo
from given
cross join clock

with measures as (
    select
        source,
        entity,
        measure,
        max(case when name = 'row_count' then told end) as row_count,
        max(case when name = 'given_rows' then told end) as given_rows,
        {{ time_since_1970("max(case when name = 'since' then told end)") }} as since
    from {{ ref('int_counts_told') }}
    where source <> 'goodwill' and entity <> 'source'
    group by source, entity, measure
),

loads as (
    select source, entity, min(reason) as reason
    from {{ source('goodwill', 'loads') }}
    where entity is not null
    group by source, entity
),

-- each of several accounts of a source: one may fail while the others load
accounts as (
    select
        source,
        account,
        bool_or(state in ('failed', 'not_configured')) as has_failed,
        cast(sum(loaded_total) as bigint) as row_count,
        min(reason) as reason
    from {{ source('goodwill', 'loads') }}
    where account is not null
    group by source, account
),

withdrawn as (
    select source, entity, measure, min(unavailable_since) as unavailable_since
    from {{ source('goodwill', 'withdrawn_metrics') }}
    group by source, entity, measure
),

-- readings of posts that no source gives are in no mart: said here, since they cannot be shown there
orphans as (
    select metrics.source, count(*) as row_count
    from {{ ref('int_post_metrics') }} as metrics
    left join {{ ref('int_posts') }} as posts on metrics.platform = posts.platform and metrics.post_id = posts.post_id
    where posts.post_id is null
    group by metrics.source
),

unknown_fields as (
    select source, raw_table, field, min(first_seen_at) as first_seen_at
    from {{ source('goodwill', 'unknown_fields') }}
    group by source, raw_table, field
)

select
    measures.source,
    measures.entity,
    measures.measure,
    case when measures.given_rows > 0 then 'given' else 'not_given' end as state,
    measures.row_count,
    measures.given_rows,
    measures.since,
    withdrawn.unavailable_since,
    case
        when withdrawn.unavailable_since is not null then 'the platform no longer gives it'
        when measures.given_rows > 0 then null
        when measures.row_count > 0 then 'the rows of this source do not give it'
        else coalesce(loads.reason, 'no row came from this source')
    end as reason
from measures
left join loads on measures.source = loads.source and measures.entity = loads.entity
left join withdrawn
    on measures.source = withdrawn.source and measures.entity = withdrawn.entity and measures.measure = withdrawn.measure
union all
select
    source,
    'account' as entity,
    account as measure,
    case when has_failed then 'not_given' else 'given' end as state,
    row_count,
    case when has_failed then 0 else row_count end as given_rows,
    cast(null as timestamp) as since,
    cast(null as timestamp) as unavailable_since,
    reason
from accounts
union all
select
    source,
    'post_metrics' as entity,
    'without a post' as measure,
    'not_given' as state,
    row_count,
    0 as given_rows,
    cast(null as timestamp) as since,
    cast(null as timestamp) as unavailable_since,
    'readings of posts that no source gives; they are in no mart' as reason
from orphans
union all
select
    source,
    raw_table as entity,
    field as measure,
    'unknown_field' as state,
    cast(null as bigint) as row_count,
    cast(null as bigint) as given_rows,
    first_seen_at as since,
    cast(null as timestamp) as unavailable_since,
    'the source sends it and no table declares it' as reason
from unknown_fields

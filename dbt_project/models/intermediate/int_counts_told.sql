with coverage as (
    {{ entity_coverage() }}
),

source_counts as (
    select * from {{ ref('int_source_counts') }}
),

consent_coverage as (
    select * from {{ ref('int_consent_coverage') }}
),

told_before as (
    select * from {{ source('goodwill', 'told_counts') }}
),

-- differs where somebody was forgotten since, and not after a rotation of keys
erasures as (
    select cast(count(*) as text) || '|' || coalesce(cast(sum({{ since_1970('requested_at') }}) as text), '') as erased
    from {{ source('goodwill', 'tombstones') }}
),

-- rows and times are counted whosever they are; people by themselves
counts as (
    {% for name in ['row_count', 'given_rows', 'since'] -%}
    select
        source,
        entity,
        measure,
        '{{ name }}' as name,
        {{ since_1970('since') if name == 'since' else name }} as counted,
        cast(null as bigint) as people
    from coverage
    union all
    {% endfor -%}
    {% for name in ['rows', 'duplicates', 'untagged_links', 'matched', 'unmatched'] -%}
    select
        source,
        'source' as entity,
        '*' as measure,
        '{{ name }}' as name,
        {{ name }} as counted,
        {{ name if name in ['matched', 'unmatched'] else 'cast(null as bigint)' }} as people
    from source_counts
    union all
    {% endfor -%}
    select
        'goodwill' as source,
        entity,
        because as measure,
        case when is_used then 'without_consent' else 'left_out' end as name,
        row_count as counted,
        people
    from consent_coverage
),

numbered as (
    select
        source || '|' || entity || '|' || measure || '|' || name as cell,
        *
    from counts
),

-- what is not there any more counts nobody
compared as (
    select
        coalesce(numbered.cell, told_before.cell) as cell,
        coalesce(numbered.source, told_before.source) as source,
        coalesce(numbered.entity, told_before.entity) as entity,
        coalesce(numbered.measure, told_before.measure) as measure,
        coalesce(numbered.name, told_before.name) as name,
        numbered.counted,
        case when told_before.people is not null then coalesce(numbered.people, 0) else numbered.people end as people,
        told_before.counted as counted_before,
        told_before.told as told_of,
        told_before.people as people_before,
        told_before.cell is null as is_new,
        erasures.erased,
        erasures.erased <> told_before.erased as is_erased
    from numbered
    full join told_before on numbered.cell = told_before.cell
    cross join erasures
    where numbered.cell is not null or told_before.people is not null
),

judged as (
    select
        *,
        case
            when is_new then false
            when people is not null then abs(people - people_before) < {{ k_people() }}
            when name = 'since' then coalesce(counted, 0) = coalesce(counted_before, 0) or is_erased and coalesce(counted > counted_before, true)
            else is_erased and counted < counted_before
        end as is_held
    from compared
)

select
    cell,
    source,
    entity,
    measure,
    name,
    counted,
    case
        when is_held then told_of
        when is_new or people is not null or name = 'since' then counted
        else told_of + counted - counted_before
    end as told,
    case when is_held then people_before else people end as people,
    erased
from judged
where people is null or is_held or people > 0

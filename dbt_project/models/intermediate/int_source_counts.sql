with entity_rows as (
    {% for entity in var('sources').values() | sum(start=[]) | unique | sort -%}
    select source, count(*) as kept, sum(duplicate_rows) as duplicates from {{ ref('int_' ~ entity) }} group by source
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where not is_brand and audience <> 'employees'
),

actor_persons as (
    select platform, actor_key from {{ ref('int_actor_persons') }}
    where not is_of_work_alone
),

contact_persons as (
    select distinct person_key from {{ ref('int_contacts') }}
    where person_key is not null
),

touches as (
    select * from {{ ref('int_touch_channels') }}
),

kept as (
    select source, sum(kept) as kept, sum(duplicates) as duplicates
    from entity_rows
    group by source
),

actors as (
    select distinct
        interactions.source,
        interactions.actor_key,
        actor_persons.actor_key is not null or contact_persons.person_key is not null as is_matched
    from interactions
    left join actor_persons on interactions.platform = actor_persons.platform and interactions.actor_key = actor_persons.actor_key
    left join contact_persons on interactions.actor_key = contact_persons.person_key
),

matches as (
    select
        source,
        sum(case when is_matched then 1 else 0 end) as matched,
        sum(case when is_matched then 0 else 1 end) as unmatched
    from actors
    group by source
),

untagged as (
    select source, sum(case when channel_method = 'none' then 1 else 0 end) as links
    from touches
    group by source
)

select
    kept.source,
    cast(kept.kept as bigint) as rows,
    cast(coalesce(kept.duplicates, 0) as bigint) as duplicates,
    cast(coalesce(untagged.links, 0) as bigint) as untagged_links,
    cast(coalesce(matches.matched, 0) as bigint) as matched,
    cast(coalesce(matches.unmatched, 0) as bigint) as unmatched
from kept
left join matches on kept.source = matches.source
left join untagged on kept.source = untagged.source

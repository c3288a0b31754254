with loads as (
    select * from {{ source('goodwill', 'loads') }}
),

refused_files as (
    select * from {{ source('goodwill', 'refused_files') }}
),

failed_checks as (
    select * from {{ source('goodwill', 'failed_checks') }}
),

entity_rows as (
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

ledger as (
    select revenue_id, source, amount_reporting
    from {{ ref('int_revenue_resolved') }}
    where amount > 0 and kind in ('order', 'invoice')
),

deals as (
    select opportunity_id, source, amount_reporting
    from {{ ref('int_opportunities_resolved') }}
    where is_won
),

candidates as (
    select * from {{ ref('int_conversion_candidates') }}
    where left_out_because is null
),

conversions as (
    select * from {{ ref('int_conversions') }}
),

credits as (
    select conversion_id, channel
    from {{ ref('roi_attribution_credits') }}
    where model = '{{ quoted_model() }}' and lookback_rule = 'own'
),

touches as (
    select * from {{ ref('int_touch_channels') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

sources as (
    {% for source_name in var('sources') -%}
    select '{{ source_name }}' as source
    union
    {% endfor -%}
    select source from loads
),

kept as (
    select source, sum(kept) as kept, sum(duplicates) as duplicates
    from entity_rows
    group by source
),

-- held against what the source says it has, where it says so
loaded as (
    select
        source,
        max(fresh_until) as fresh_until,
        sum(api_total) as api_total,
        string_agg(distinct account, ', ' order by account) filter (where state in ('failed', 'not_configured')) as failed_accounts,
        case when count(api_total) > 0 then sum(case when api_total is not null then loaded_total end) else sum(loaded_total) end as loaded_total
    from loads
    group by source
),

failures as (
    select source, count(*) as failed_checks
    from failed_checks
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
        count(*) as actors,
        -- of a group of fewer than 10, matched or not, nothing is told
        count(*) >= 10
        and sum(case when is_matched then 1 else 0 end) not between 1 and 9
        and sum(case when is_matched then 0 else 1 end) not between 1 and 9 as is_shown
    from actors
    group by source
),

conversion_sources as (
    select candidates.conversion_id, min(coalesce(ledger.source, deals.source)) as source
    from candidates
    left join ledger on candidates.revenue_id = ledger.revenue_id
    left join deals on candidates.revenue_id is null and candidates.opportunity_id = deals.opportunity_id
    group by candidates.conversion_id
),

unattributed as (
    select distinct conversion_id
    from credits
    where channel = 'unattributed'
),

sales as (
    select
        conversion_sources.source,
        count(*) as conversions,
        count(unattributed.conversion_id) as unattributed,
        case when count(*) = count(conversions.revenue) then sum(conversions.revenue) end as revenue
    from conversions
    inner join conversion_sources on conversions.conversion_id = conversion_sources.conversion_id
    left join unattributed on conversions.conversion_id = unattributed.conversion_id
    group by conversion_sources.source
),

booked as (
    select source, case when count(*) = count(amount_reporting) then sum(amount_reporting) end as revenue
    from (
        select source, amount_reporting from ledger
        union all
        select source, amount_reporting from deals
    ) as sold
    group by source
),

untagged as (
    select source, sum(case when channel_method = 'none' then 1 else 0 end) as links
    from touches
    group by source
),

refused as (
    select 'files' as source, count(*) as files
    from refused_files
)

select
    clock.as_of_date as date,
    sources.source,
    cast(coalesce(kept.kept, 0) as bigint) as rows,
    loaded.fresh_until,
    cast(loaded.api_total as bigint) as api_total,
    cast(loaded.loaded_total as bigint) as loaded_total,
    cast(coalesce(kept.duplicates, 0) as bigint) as duplicates,
    coalesce(refused.files, 0) as quarantined,
    case when matches.is_shown then {{ ratio('matches.matched', 'matches.actors') }} end as match_rate,
    case when matches.is_shown then {{ ratio('(matches.actors - matches.matched)', 'matches.actors') }} end as unmatched_share,
    {{ ratio('sales.unattributed', 'sales.conversions') }} as unattributed_share,
    {{ ratio('100 * sales.revenue', 'booked.revenue') }} as conversions_vs_ledger_pct,
    cast(coalesce(untagged.links, 0) as bigint) as untagged_links,
    coalesce(failures.failed_checks, 0) as failed_checks,
    loaded.failed_accounts,
    clock.is_demo
from sources
cross join clock
left join kept on sources.source = kept.source
left join loaded on sources.source = loaded.source
left join refused on sources.source = refused.source
left join matches on sources.source = matches.source
left join sales on sources.source = sales.source
left join booked on sources.source = booked.source
left join untagged on sources.source = untagged.source
left join failures on sources.source = failures.source

with loads as (
    select * from {{ source('goodwill', 'loads') }}
),

refused_files as (
    select * from {{ source('goodwill', 'refused_files') }}
),

failed_checks as (
    select * from {{ source('goodwill', 'failed_checks') }}
),

counts_told as (
    select * from {{ ref('int_counts_told') }}
    where entity = 'source'
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

counted as (
    select
        source,
        {% for name in ['rows', 'duplicates', 'untagged_links', 'matched', 'unmatched'] -%}
        coalesce(max(case when name = '{{ name }}' then told end), 0) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from counts_told
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

-- of a group of fewer than 10, matched or not, nothing is told
matches as (
    select *
    from counted
    where matched + unmatched >= 10 and matched not between 1 and 9 and unmatched not between 1 and 9
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

refused as (
    select 'files' as source, count(*) as files
    from refused_files
)

select
    clock.as_of_date as date,
    sources.source,
    cast(coalesce(counted.rows, 0) as bigint) as rows,
    loaded.fresh_until,
    cast(loaded.api_total as bigint) as api_total,
    cast(loaded.loaded_total as bigint) as loaded_total,
    cast(coalesce(counted.duplicates, 0) as bigint) as duplicates,
    coalesce(refused.files, 0) as quarantined,
    {{ ratio('matches.matched', '(matches.matched + matches.unmatched)') }} as match_rate,
    {{ ratio('matches.unmatched', '(matches.matched + matches.unmatched)') }} as unmatched_share,
    {{ ratio('sales.unattributed', 'sales.conversions') }} as unattributed_share,
    {{ ratio('100 * sales.revenue', 'booked.revenue') }} as conversions_vs_ledger_pct,
    cast(coalesce(counted.untagged_links, 0) as bigint) as untagged_links,
    coalesce(failures.failed_checks, 0) as failed_checks,
    loaded.failed_accounts,
    clock.is_demo
from sources
cross join clock
left join counted on sources.source = counted.source
left join loaded on sources.source = loaded.source
left join refused on sources.source = refused.source
left join matches on sources.source = matches.source
left join sales on sources.source = sales.source
left join booked on sources.source = booked.source
left join failures on sources.source = failures.source

with company as (
    select
        *,
        {{ utc_of_reporting('cast(quarter + interval 3 month as date)') }} as ends_at
    from {{ ref('int_company_quarters') }}
),

retention as (
    select * from {{ ref('roi_revenue_retention') }}
    where segment = 'all' and window_months = 3
),

-- a causal result stands in the quarter in which its test ended, and in no other
experiments as (
    select
        *,
        row_number() over (partition by date_trunc('quarter', ends_on) order by ends_on desc, experiment_id asc, outcome asc) as place
    from {{ ref('roi_experiments') }}
    where evidence_grade in ('A', 'B', 'B-') and is_primary
),

outcomes as (
    select * from {{ ref('core_experiments') }}
    where outcome is not null
),

lift as (
    select
        *,
        row_number() over (partition by quarter, exposure order by landmark desc, horizon_days asc) as place
    from {{ ref('roi_retention_lift') }}
    where segment = 'all'
),

movements as (
    select
        *,
        {{ few_private("account_id is null and category is distinct from 'churn'", 'month') }} as are_few_private
    from {{ ref('roi_mrr_movements') }}
),

channels as (
    select * from {{ ref('roi_channel_summary') }}
),

credits as (
    select * from {{ ref('roi_attribution_credits') }}
    where model = '{{ quoted_model() }}' and lookback_rule = 'own' and account_id is not null
),

social as (
    select channel from {{ ref('channels') }}
    where is_social
),

clock as (
    select * from {{ ref('int_clock') }}
),

from_company as (
    {% for measure, value, method, grade, reason in [
        ('attributed_roi', ratio('contribution_margin - full_cost', 'full_cost'), "'credit by rule, from sums; no interval for a quarter'", "'D'", 'roi_missing_because'),
        ('attributed_revenue', 'cast(revenue as double)', "'credit by rule, from sums; no interval for a quarter'", "'D'", "case when revenue is null then coalesce(sales_missing_because, 'an exchange rate is missing') end"),
        ('attributed_margin', 'cast(contribution_margin as double)', "'credit by rule, from sums; no interval for a quarter'", "'D'", "case when contribution_margin is null then coalesce(sales_missing_because, 'the margin of some sales is not known') end"),
        ('full_cost', 'cast(full_cost as double)', "'exact'", 'cast(null as text)', "case when full_cost is null then 'no cost was given' end"),
    ] -%}
    select
        'roi.channel_summary' as mart,
        '{{ measure }}' as measure,
        'company' as audience,
        'quarter' as period_kind,
        company.quarter as period_start,
        cast(null as bigint) as n,
        case when {{ reason }} is null then {{ value }} end as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        {{ method if method == 'method' else method ~ ' as method' }},
        {{ grade if grade == 'evidence_grade' else grade ~ ' as evidence_grade' }},
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        company.ends_at <= clock.as_of as is_complete,
        {{ reason }} as suppressed_reason
    from company
    cross join clock
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- clients' quarter: who paid in the month before it, and what they pay in its last month
from_retention as (
    {% for measure in ['nrr', 'grr', 'logo_churn'] -%}
    select
        'roi.revenue_retention' as mart,
        '{{ measure }}' as measure,
        'clients' as audience,
        'quarter' as period_kind,
        cast(date_trunc('quarter', month) as date) as period_start,
        n,
        {{ measure }} as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        method,
        cast(null as text) as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        is_complete,
        suppressed_reason
    from retention
    where date_part('month', month) in (3, 6, 9, 12)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what the rule credits to social, of sales to companies: the margin of the accounts that social reached, 0 where it reached none
of_accounts as (
    select
        {{ quarter_of('credits.converted_month') }} as quarter,
        count(distinct case when social.channel is not null then credits.account_id end) as n,
        case when bool_and(social.channel is null or credits.contribution_margin is not null) then sum(case when social.channel is null then 0 else credits.contribution_margin end) end as contribution_margin
    from credits
    left join social on credits.channel = social.channel
    group by {{ quarter_of('credits.converted_month') }}
),

from_accounts as (
    select
        'roi.attribution_credits' as mart,
        'attributed_margin' as measure,
        'clients' as audience,
        'quarter' as period_kind,
        of_accounts.quarter as period_start,
        of_accounts.n,
        cast(of_accounts.contribution_margin as double) as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        'credit by rule, from sums; no interval for a quarter' as method,
        'D' as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        company.ends_at <= clock.as_of as is_complete,
        case when of_accounts.contribution_margin is null then 'the margin of some sales is not known' end as suppressed_reason
    from of_accounts
    inner join company on of_accounts.quarter = company.quarter and company.sales_missing_because is null
    cross join clock
),

from_experiments as (
    select
        'roi.experiments' as mart,
        'iroi' as measure,
        'company' as audience,
        'quarter' as period_kind,
        {{ quarter_of('ends_on') }} as period_start,
        n_units as n,
        iroi as value,
        iroi_lo as lo,
        iroi_hi as hi,
        method,
        evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        true as is_complete,
        suppressed_reason
    from experiments
    where place = 1
    {% for measure in ['iroi', 'iroas'] -%}
    union all
    select
        'roi.experiments' as mart,
        '{{ measure }}/' || experiment_id as measure,
        'company' as audience,
        'quarter' as period_kind,
        {{ quarter_of('ends_on') }} as period_start,
        n_units as n,
        {{ measure }} as value,
        {{ measure }}_lo as lo,
        {{ measure }}_hi as hi,
        method,
        evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        true as is_complete,
        case when {{ measure }} is null then coalesce(suppressed_reason, 'not to be told from its data') end as suppressed_reason
    from experiments
    {% endfor -%}
    {% for measure in ['effect', 'effect_pct'] -%}
    union all
    select
        'core.experiments' as mart,
        '{{ measure }}/' || experiment_id || '/' || outcome as measure,
        'company' as audience,
        'quarter' as period_kind,
        {{ quarter_of('ends_on') }} as period_start,
        n_units as n,
        {{ measure }} as value,
        {{ measure }}_lo as lo,
        {{ measure }}_hi as hi,
        method,
        evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        ends_on < clock.as_of_date as is_complete,
        case when {{ measure }} is null then coalesce(suppressed_reason, 'not to be told from its data') end as suppressed_reason
    from outcomes
    cross join clock
    {% endfor %}
),

from_lift as (
    select
        'roi.retention_lift' as mart,
        case when kinds.is_short then 'retention_lift' else 'retention_lift/' || exposure end as measure,
        'clients' as audience,
        'quarter' as period_kind,
        quarter as period_start,
        n1 + n0 as n,
        adjusted as value,
        lo,
        hi,
        method,
        evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        true as is_complete,
        suppressed_reason
    from lift
    cross join (values (true), (false)) as kinds (is_short)
    where place = 1 and (exposure = 'answered_24h' or not kinds.is_short)
),

from_movements as (
    select
        'roi.mrr_movements' as mart,
        'mrr' as measure,
        'clients' as audience,
        'month' as period_kind,
        movements.month as period_start,
        count(case when movements.category is distinct from 'churn' then 1 end) as n,
        cast(sum(movements.mrr) as double) as value,
        cast(null as double) as lo,
        cast(null as double) as hi,
        'exact' || {{ few_private_note('bool_or(movements.are_few_private)') }} as method,
        cast(null as text) as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        min({{ utc_of_reporting('cast(movements.month + interval 1 month as date)') }}) <= min(clock.as_of) as is_complete,
        case when count(*) > count(movements.mrr) then 'an exchange rate is missing' end as suppressed_reason
    from movements
    cross join clock
    where movements.account_id is not null or not movements.are_few_private
    group by movements.month
),

-- of a channel: the 12 months up to each month
from_channels as (
    {% for measure in ['attributed_roi', 'roas', 'cac'] -%}
    select
        'roi.channel_summary' as mart,
        '{{ measure }}/' || channel as measure,
        'company' as audience,
        'month' as period_kind,
        month as period_start,
        n,
        cast({{ measure }} as double) as value,
        {{ 'lo' if measure == 'attributed_roi' else 'cast(null as double) as lo' }},
        {{ 'hi' if measure == 'attributed_roi' else 'cast(null as double) as hi' }},
        method,
        'D' as evidence_grade,
        cast(null as double) as change,
        cast(null as double) as change_lo,
        cast(null as double) as change_hi,
        {{ utc_of_reporting('cast(month + interval 1 month as date)') }} <= clock.as_of as is_complete,
        case when {{ measure }} is null then coalesce(suppressed_reason, 'not to be told from its data') end as suppressed_reason
    from channels
    cross join clock
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from from_company
union all
select * from from_retention
union all
select * from from_accounts
union all
select * from from_experiments
union all
select * from from_lift
union all
select * from from_movements
union all
select * from from_channels

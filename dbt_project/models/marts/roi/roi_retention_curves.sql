with clock as (
    select * from {{ ref('int_clock') }}
),

lifetimes as (
    select
        customer_key,
        account_id,
        segment,
        is_event,
        months as t,
        {{ few_private('account_id is null') }} as are_few_private
    from {{ ref('int_account_lifetimes') }}
),

left_out as (
    select coalesce(bool_or(are_few_private), false) as are_few_private from lifetimes
),

segments as (
    select customer_key, 'all' as segment from lifetimes
    union all
    select customer_key, segment from lifetimes where segment is not null
),

counts as (
    select
        segments.segment,
        lifetimes.t,
        count(*) as leaving,
        sum(case when lifetimes.is_event then 1 else 0 end) as events
    from lifetimes
    inner join segments on lifetimes.customer_key = segments.customer_key
    -- companies stand in roi.mrr_movements by name, so that whoever else is in a curve is told by it
    where lifetimes.account_id is not null or not lifetimes.are_few_private
    group by segments.segment, lifetimes.t
),

curve as (
    {{ kaplan_meier_curve('counts', ['segment']) }}
),

medians as (
    select segment, {{ kaplan_meier_crossing('survival') }} as median_months
    from curve
    group by segment
),

-- log-rank: a segment against all other accounts, at each month in which anybody left
event_months as (
    select t, events, at_risk from curve where segment = 'all' and events > 0
),

sides as (
    select
        counts.segment,
        event_months.t,
        event_months.events,
        event_months.at_risk,
        sum(case when counts.t >= event_months.t then counts.leaving else 0 end) as at_risk_here,
        sum(case when counts.t = event_months.t then counts.events else 0 end) as events_here
    from counts
    cross join event_months
    where counts.segment <> 'all'
    group by counts.segment, event_months.t, event_months.events, event_months.at_risk
),

judged as (
    {{ log_rank('sides', ['segment']) }}
),

final as (
    select
        curve.segment,
        cast(curve.t as integer) as month_number,
        cast(curve.at_risk as bigint) as at_risk,
        cast(curve.events as bigint) as events,
        {{ published_double('curve.survival') }} as survival,
        {{ published_double('curve.lower') }} as lo,
        {{ published_double('curve.upper') }} as hi,
        cast(medians.median_months as integer) as median_months,
        {{ published_double('judged.chi_square') }} as log_rank_chi_square,
        {{ published_double('judged.p') }} as log_rank_p,
        'Kaplan-Meier, log-log limits; log-rank against all other accounts' || {{ few_private_note('left_out.are_few_private') }} as method,
        clock.is_demo
    from curve
    cross join clock
    cross join left_out
    inner join medians on curve.segment = medians.segment
    left join judged on curve.segment = judged.segment
)

select * from final

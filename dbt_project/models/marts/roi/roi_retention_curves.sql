with clock as (
    select * from {{ ref('int_clock') }}
),

lifetimes as (
    select
        account_id,
        segment,
        is_event,
        months as t
    from {{ ref('int_account_lifetimes') }}
),

segments as (
    select account_id, 'all' as segment from lifetimes
    union all
    select account_id, segment from lifetimes where segment is not null
),

counts as (
    select
        segments.segment,
        lifetimes.t,
        count(*) as leaving,
        sum(case when lifetimes.is_event then 1 else 0 end) as events
    from lifetimes
    inner join segments on lifetimes.account_id = segments.account_id
    group by segments.segment, lifetimes.t
),

curve as (
    {{ kaplan_meier_curve('counts', ['segment']) }}
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
        'Kaplan-Meier, log-log limits' as method,
        clock.is_demo
    from curve
    cross join clock
)

select * from final

{% set cell = ['landmark_kind', 'landmark', 'segment', 'exposure'] %}
{% set keys = cell | join(', ') %}
with clock as (
    select * from {{ ref('int_clock') }}
),

-- the own landmarks of clients are one cell
lifetimes as (
    select
        landmark_kind,
        case when landmark_kind = 'quarter' then landmark end as landmark,
        segment,
        days,
        is_event,
        is_asking,
        is_answered_24h,
        is_two_way_thread,
        is_any_touch,
        is_community_active
    from {{ ref('int_engaged_lifetimes') }}
),

segmented as (
    select * replace ('all' as segment) from lifetimes
    union all
    select * from lifetimes
    where segment is not null
),

exposed as (
    {% for exposure in exposures() -%}
    select
        landmark_kind,
        landmark,
        segment,
        '{{ exposure }}' as exposure,
        is_{{ exposure }} as is_engaged,
        {{ 'is_asking' if exposure == 'answered_24h' else 'true' }} as is_comparable,
        days as t,
        count(*) as leaving,
        sum(case when is_event then 1 else 0 end) as events
    from segmented
    group by landmark_kind, landmark, segment, is_{{ exposure }}, {{ 'is_asking, ' if exposure == 'answered_24h' }}days
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- who asked and was left waiting is the fair comparison; who never asked is one only where those are too few
cells as (
    select
        {{ keys }},
        sum(case when is_engaged then leaving else 0 end) as n_engaged,
        sum(case when not is_engaged and is_comparable then leaving else 0 end) as n_comparable,
        sum(case when not is_engaged then leaving else 0 end) as n_others
    from exposed
    group by {{ keys }}
),

judged_cells as (
    select
        {{ keys }},
        n_engaged,
        case when exposure = 'answered_24h' and n_comparable >= {{ minimum_waiting() }} then n_comparable else n_others end as n_others,
        exposure = 'answered_24h' and n_comparable >= {{ minimum_waiting() }} as is_narrowed
    from cells
),

shown_cells as (
    select
        *,
        case
            when n_engaged = 0 then 'none was engaged'
            when n_others = 0 then 'all were engaged'
            when least(n_engaged, n_others) < {{ minimum_of_a_group() }} then 'fewer than {{ minimum_of_a_group() }} clients are engaged, or are not'
        end as suppressed_reason
    from judged_cells
),

counts as (
    select
        exposed.{{ cell | join(', exposed.') }},
        exposed.is_engaged,
        exposed.t,
        sum(exposed.leaving) as leaving,
        sum(exposed.events) as events
    from exposed
    inner join shown_cells on {{ same_cell('exposed', 'shown_cells', cell) }}
    where
        shown_cells.suppressed_reason is null
        and (exposed.is_engaged or exposed.is_comparable or not shown_cells.is_narrowed)
    group by exposed.{{ cell | join(', exposed.') }}, exposed.is_engaged, exposed.t
),

curve as (
    {{ kaplan_meier_curve('counts', cell + ['is_engaged']) }}
),

medians as (
    select {{ keys }}, is_engaged, {{ kaplan_meier_crossing('survival') }} as median_days
    from curve
    group by {{ keys }}, is_engaged
),

-- log-rank: at each day on which anybody left, the engaged among all who could
steps as (
    select
        {{ keys }},
        t,
        sum(events) as events,
        sum(leaving) as leaving,
        sum(case when is_engaged then events else 0 end) as events_here,
        sum(case when is_engaged then leaving else 0 end) as leaving_here
    from counts
    group by {{ keys }}, t
),

sides as (
    select
        {{ keys }},
        events,
        events_here,
        sum(leaving) over (partition by {{ keys }} order by t desc) as at_risk,
        sum(leaving_here) over (partition by {{ keys }} order by t desc) as at_risk_here
    from steps
),

event_sides as (
    select * from sides where events > 0
),

judged as (
    {{ log_rank('event_sides', cell) }}
),

figures as (
    select
        curve.{{ cell | join(', curve.') }},
        curve.is_engaged,
        curve.t,
        curve.at_risk,
        curve.events,
        curve.survival,
        curve.lower,
        curve.upper,
        medians.median_days,
        judged.chi_square,
        judged.p
    from curve
    inner join medians on {{ same_cell('curve', 'medians', cell + ['is_engaged']) }}
    left join judged on {{ same_cell('curve', 'judged', cell) }}
),

final as (
    select
        shown_cells.landmark_kind,
        shown_cells.landmark,
        shown_cells.segment,
        shown_cells.exposure,
        case
            when shown_cells.is_narrowed then 'clients who asked and were not answered within 24 hours'
            else 'all other clients'
        end as compared_with,
        figures.is_engaged,
        cast(figures.t as integer) as day,
        cast(
            case
                when shown_cells.suppressed_reason is null
                    then case when figures.is_engaged then shown_cells.n_engaged else shown_cells.n_others end
            end as bigint
        ) as n,
        cast(figures.at_risk as bigint) as at_risk,
        cast(figures.events as bigint) as events,
        {{ published_double('figures.survival') }} as survival,
        {{ published_double('figures.lower') }} as lo,
        {{ published_double('figures.upper') }} as hi,
        cast(figures.median_days as integer) as median_days,
        {{ published_double('figures.chi_square') }} as log_rank_chi_square,
        {{ published_double('figures.p') }} as log_rank_p,
        'Kaplan-Meier from the landmark, log-log limits; log-rank of the two groups as they are, not adjusted' as method,
        shown_cells.suppressed_reason,
        clock.is_demo
    from shown_cells
    cross join clock
    left join figures on {{ same_cell('shown_cells', 'figures', cell) }}
)

select * from final

with given as (
    select
        *,
        cast(date_trunc('quarter', period_start) as date) as quarter
    from {{ ref('int_measures') }}
    where period_kind in ('quarter', 'wave') and period_start is not null
),

-- waves that neither answers, invitations nor their name date
undated as (
    select distinct mart, measure, audience
    from {{ ref('int_measures') }}
    where period_kind = 'wave' and period_start is null
),

aims as (
    select
        objective_id,
        mart,
        measure,
        case
            when mart = 'roi.experiments' and audience in ('employees', 'public', 'suppliers') then split_part(measure, '/', 1)
            when measure = 'retention_lift/answered_24h' then 'retention_lift'
            else measure
        end as line_measure,
        coalesce(audience, 'company') as audience
    from {{ ref('int_objectives') }}
),

objectives as (
    select mart, line_measure as measure, audience, min(objective_id) as objective_id
    from aims
    group by mart, line_measure, audience
),

-- an audience has money of its own where an objective says which experiment was about it
assigned as (
    select
        given.* exclude (audience),
        aims.audience,
        aims.objective_id,
        row_number() over (partition by aims.audience, given.quarter order by aims.objective_id) as turn
    from given
    inner join aims
        on given.mart = aims.mart and given.measure = aims.measure
    where
        aims.mart = 'roi.experiments'
        and aims.measure like 'iroi/%'
        and given.audience = 'company'
        and aims.audience in ('employees', 'public', 'suppliers')
),

measures as (
    select * from given
    union all by name
    select * exclude (turn) replace ('iroi' as measure)
    from assigned
    where turn = 1
),

clock as (
    select * from {{ ref('int_clock') }}
),

lines as (
    {% for mart, measure, side, audiences in scorecard_measures() -%}
    {% set last_measure = loop.last -%}
    {% for audience in audiences -%}
    select '{{ mart }}' as mart, '{{ measure }}' as measure, '{{ side }}' as side, '{{ audience }}' as audience
    {{ 'union all' if not (last_measure and loop.last) }}
    {% endfor -%}
    {% endfor %}
),

quarters as (
    select distinct measures.quarter
    from measures
    inner join clock on measures.quarter <= clock.as_of_date
),

-- of several waves in a quarter the last
latest as (
    select
        *,
        row_number() over (partition by mart, measure, audience, quarter order by period_start desc, value desc nulls last) as place
    from measures
),

filled as (
    select
        quarters.quarter,
        lines.audience,
        lines.side,
        lines.mart,
        lines.measure,
        coalesce(latest.objective_id, objectives.objective_id) as objective_id,
        latest.n,
        latest.value,
        latest.lo,
        latest.hi,
        latest.method,
        latest.evidence_grade,
        latest.change,
        latest.change_lo,
        latest.change_hi,
        case
            when latest.measure is null then 'not_measured'
            when latest.value is null then 'suppressed'
            when latest.is_complete then 'measured'
            else 'immature'
        end as state,
        case
            when latest.measure is not null then latest.suppressed_reason
            when lines.measure = 'iroi' then 'no experiment of this quarter measures it'
            when lines.measure = 'retention_lift' then 'no client had 180 days behind a landmark in this quarter'
            when lines.side = 'money' then 'no money of this audience was given'
            when undated.measure is not null then 'the waves that measure it have no date: give answered_at, or name them like 2026-Q1'
            else 'no data of this audience measures it'
        end as suppressed_reason
    from quarters
    cross join lines
    left join latest
        on quarters.quarter = latest.quarter
        and lines.mart = latest.mart
        and lines.measure = latest.measure
        and lines.audience = latest.audience
        and latest.place = 1
    left join undated
        on lines.mart = undated.mart and lines.measure = undated.measure and lines.audience = undated.audience
    left join objectives
        on lines.mart = objectives.mart and lines.measure = objectives.measure and lines.audience = objectives.audience
),

-- money up while people turn away: what this warehouse exists to make visible
falling as (
    select
        *,
        measure in ('two_way_ratio', 'opr_trust') and state = 'measured' and coalesce(change_hi < 0, false) as is_falling,
        max(case when measure = 'attributed_roi' and state = 'measured' and change > 0 then 1 else 0 end)
            over (partition by quarter) = 1 as is_roi_rising
    from filled
),

flagged as (
    select
        *,
        is_roi_rising
        and (
            is_falling
            or (measure = 'attributed_roi' and max(case when is_falling then 1 else 0 end) over (partition by quarter) = 1)
        ) as is_megaphone
    from falling
)

select
    flagged.quarter,
    flagged.audience,
    flagged.side,
    flagged.mart,
    flagged.measure,
    flagged.objective_id,
    flagged.n,
    flagged.value,
    flagged.lo,
    flagged.hi,
    flagged.method,
    flagged.evidence_grade,
    flagged.change,
    flagged.change_lo,
    flagged.change_hi,
    flagged.state,
    flagged.suppressed_reason,
    flagged.is_megaphone,
    clock.is_demo
from flagged
cross join clock

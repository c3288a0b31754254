with objectives as (
    select *, coalesce(audience, 'company') as of_audience
    from {{ ref('int_objectives') }}
),

-- an experiment stands in the quarter in which it ended, a wave and a day of data on a day of their own
measures as (
    select
        *,
        case
            when mart like '%.experiments' or period_kind in ('wave', 'day') then period_start
            else {{ next_period_start('period_kind', 'period_start') }} - interval 1 day
        end as last_day
    from {{ ref('int_measures') }}
    where is_complete
),

clock as (
    select * from {{ ref('int_clock') }}
),

shares as (
    select distinct indicator as measure
    from {{ ref('relationships_indicators') }}
    where unit = 'share'
),

-- accuracy_trust stands in both lists
known as (
    {% for mart, measure, _, _ in scorecard_measures() -%}
    select '{{ mart }}' as mart, '{{ measure }}' as measure
    union
    {% endfor -%}
    {% for mart, measures in further_measures() -%}
    {% set last_mart = loop.last -%}
    {% for measure in measures -%}
    select '{{ mart }}' as mart, '{{ measure }}' as measure
    {{ 'union' if not (last_mart and loop.last) }}
    {% endfor -%}
    {% endfor %}
),

offered as (
    select mart, {{ joined_in_order('measure', "', '", 'measure') }} as measures
    from known
    group by mart
),

offered_marts as (
    select {{ joined_in_order('mart', "', '", 'mart') }} as marts
    from offered
),

-- the latest quarter or wave up to the due date that says something; else the latest year; else the latest month; else all time
candidates as (
    select
        objectives.objective_id,
        measures.period_kind,
        measures.period_start,
        measures.n,
        measures.value,
        measures.lo,
        measures.hi,
        measures.method,
        measures.evidence_grade,
        measures.suppressed_reason,
        row_number() over (
            partition by objectives.objective_id
            order by
                case when measures.value is null then 1 else 0 end,
                case measures.period_kind when 'all' then 4 when 'month' then 3 when 'year' then 2 else 1 end,
                measures.period_start desc
        ) as place
    from objectives
    inner join measures
        on objectives.mart = measures.mart
        and objectives.measure = measures.measure
        -- an experiment is the company's, whomever its objective is about
        and measures.audience in (objectives.of_audience, case when objectives.mart like '%.experiments' then 'company' end)
        and coalesce(objectives.due_on >= measures.last_day, true)
),

judged as (
    select
        objectives.*,
        candidates.period_kind,
        candidates.period_start,
        candidates.n,
        candidates.value,
        candidates.lo,
        candidates.hi,
        candidates.method,
        candidates.evidence_grade,
        candidates.suppressed_reason,
        known.measure is not null as is_known,
        shares.measure is not null and objectives.target not between 0 and 1 as is_in_percent,
        coalesce(objectives.mart || ' has ' || offered.measures, 'an objective may name ' || offered_marts.marts) as offer,
        candidates.method like 'exact%' as is_exact
    from objectives
    left join known on objectives.mart = known.mart and split_part(objectives.measure, '/', 1) = known.measure
    left join shares on objectives.mart = 'relationships.indicators' and objectives.measure = shares.measure
    left join offered on objectives.mart = offered.mart
    cross join offered_marts
    left join candidates on objectives.objective_id = candidates.objective_id and candidates.place = 1
),

decided as (
    select
        *,
        case
            when value is null or is_in_percent or direction not in ('up', 'down') then 'not_measured'
            when is_exact and direction = 'up' then case when value >= target then 'met' else 'missed' end
            when is_exact then case when value <= target then 'met' else 'missed' end
            when direction = 'up' and lo >= target then 'met'
            when direction = 'up' and hi < target then 'missed'
            when direction = 'down' and hi <= target then 'met'
            when direction = 'down' and lo > target then 'missed'
            else 'cannot_tell'
        end as state
    from judged
)

select
    decided.objective_id,
    decided.title,
    decided.of_audience as audience,
    decided.owner_role,
    decided.mart,
    decided.measure,
    {{ published_double('decided.baseline') }} as baseline,
    {{ published_double('decided.target') }} as target,
    decided.due_on,
    decided.direction,
    decided.period_kind,
    decided.period_start,
    decided.n,
    decided.value,
    decided.lo,
    decided.hi,
    decided.method,
    decided.evidence_grade,
    decided.state,
    case
        when not decided.is_known then 'no mart has this measure under this name: ' || decided.offer
        when decided.direction not in ('up', 'down') then 'direction is neither up nor down'
        when decided.is_in_percent then 'a share lies between 0 and 1, and so does its target: 0.4 for 40 %'
        when decided.value is null then coalesce(decided.suppressed_reason, 'no data of this audience measures it')
        when decided.state = 'cannot_tell' and (decided.lo is null or decided.hi is null) then 'the figure has no interval'
        when decided.state = 'cannot_tell' then 'the interval spans the target'
        when decided.state = 'missed' and decided.due_on > clock.as_of_date then 'not due yet'
    end as reason,
    clock.is_demo
from decided
cross join clock

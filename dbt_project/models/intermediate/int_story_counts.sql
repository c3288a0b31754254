-- employees' own stories are counted whatever they are about
with told_of as (
    select
        rule,
        quarter,
        audience,
        opener_person as person_key,
        conversation_ref as what,
        is_match
    from {{ ref('int_story_eligible') }}
    union all
    select
        'own' as rule,
        submissions.quarter,
        'all' as audience,
        submissions.person_key,
        submissions.story_id as what,
        submissions.is_agreed as is_match
    from {{ ref('int_story_submissions') }} as submissions
    cross join {{ ref('int_clock') }} as clock
    where submissions.submitted_at <= clock.as_of
),

{{ prints_of_cells('told_of', ['rule', 'quarter', 'audience'], 'person_key', ['person_key', 'what', 'is_match']) }},

counted as (
    select
        rule,
        quarter,
        audience,
        count(distinct person_key) as people,
        count(*) as eligible,
        count(*) filter (where is_match) as matched,
        case when rule = 'own' then {{ least_colleagues() }} else {{ least_people_to_draw_from() }} end as least
    from told_of
    group by rule, quarter, audience
)

select
    {{ key_number(['counted.rule', 'counted.quarter', 'counted.audience']) }} as cell,
    '2' as recipe,
    counted.rule,
    counted.quarter,
    counted.audience,
    counted.people,
    prints.prints,
    case when counted.people < counted.least then 'fewer than ' || counted.least || ' people' end as suppressed_reason,
    case when counted.people >= counted.least then counted.eligible end as eligible,
    case when counted.people >= counted.least then counted.matched end as matched
from counted
inner join prints
    on counted.rule = prints.rule and counted.quarter = prints.quarter and counted.audience = prints.audience

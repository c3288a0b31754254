with eligible as (
    select * from {{ ref('int_story_eligible') }}
),

crowds as (
    select rule, quarter, audience
    from eligible
    group by rule, quarter, audience
    having count(distinct opener_person) >= {{ least_people_to_draw_from() }}
),

drawn as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.rule, eligible.quarter, eligible.audience
            order by {{ story_draw('eligible.quarter', 'eligible.conversation_ref') }}, eligible.conversation_ref
        ) as place
    from eligible
    inner join crowds
        on eligible.rule = crowds.rule and eligible.quarter = crowds.quarter and eligible.audience = crowds.audience
    where eligible.is_match
)

select
    extract('year' from quarter) || '-Q' || extract('quarter' from quarter)
    || '-' || rule || '-' || audience || '-' || substr(conversation_ref, 1, 8) as story_id,
    quarter,
    audience,
    rule,
    is_counter,
    platform,
    thread_id,
    conversation_ref
from drawn
where place = 1

with facts as (
    select * from {{ ref('int_story_facts') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- a quarter is drawn from once, when it is over and what the rule looks at has had its time
eligible as (
    {% for rule in story_rules() -%}
    select
        '{{ rule.rule }}' as rule,
        {{ rule.is_counter | string | lower }} as is_counter,
        facts.quarter,
        facts.audience,
        facts.platform,
        facts.thread_id,
        facts.conversation_ref,
        facts.opener_key,
        coalesce({{ rule.matches }}, false) as is_match
    from facts
    cross join clock
    where
        facts.audience in ('{{ rule.audiences | join("', '") }}')
        and coalesce({{ rule.eligible }}, false)
        and {{ utc_of_reporting('cast(facts.quarter + interval 3 month as date)') }} + interval {{ rule.settled_after_days }} day <= clock.as_of
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        *,
        count(*) over (partition by rule, quarter, audience) as eligible,
        sum(case when is_match then 1 else 0 end) over (partition by rule, quarter, audience) as matched,
        {{ story_draw('quarter', 'conversation_ref') }} as lot
    from eligible
),

crowds as (
    select rule, quarter, audience
    from eligible
    group by rule, quarter, audience
    having count(distinct opener_key) >= {{ least_people_to_draw_from() }}
),

drawn as (
    select
        counted.*,
        row_number() over (
            partition by counted.rule, counted.quarter, counted.audience
            order by counted.lot, counted.conversation_ref
        ) as place
    from counted
    inner join crowds
        on counted.rule = crowds.rule and counted.quarter = crowds.quarter and counted.audience = crowds.audience
    where counted.is_match
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
    conversation_ref,
    eligible,
    cast(matched as bigint) as matched
from drawn
where place = 1

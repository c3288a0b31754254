with facts as (
    select * from {{ ref('int_story_facts') }}
),

clock as (
    select * from {{ ref('int_clock') }}
)

-- a quarter is looked at once, when it is over and what the rule looks at has had its time
{% for rule in story_rules() -%}
select
    '{{ rule.rule }}' as rule,
    {{ rule.is_counter | string | lower }} as is_counter,
    facts.quarter,
    facts.audience,
    facts.platform,
    facts.thread_id,
    facts.conversation_ref,
    facts.opener_person,
    coalesce({{ rule.matches }}, false) as is_match
from facts
cross join clock
where
    facts.audience in ('{{ rule.audiences | join("', '") }}')
    and coalesce({{ rule.eligible }}, false)
    and {{ utc_of_reporting('cast(facts.quarter + interval 3 month as date)') }} + interval {{ rule.settled_after_days }} day <= clock.as_of
{{ 'union all' if not loop.last }}
{% endfor %}

with draws as (
    select * from {{ ref('int_story_draws') }}
),

counts as (
    select * from {{ ref('int_story_counts_told') }}
),

words as (
    select * from {{ ref('int_story_words') }}
),

submissions as (
    select * from {{ ref('int_story_submissions') }}
),

denials as (
    select distinct person_key
    from {{ ref('int_consent_denials') }}
    where purpose = 'story_text'
),

reviews as (
    select * from {{ ref('int_story_reviews') }}
),

references_to_rows as (
    select * from {{ ref('int_story_references') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

salt as (
    select * from {{ ref('int_salt') }}
),

rules as (
    {% for rule in story_rules() -%}
    select '{{ rule.rule }}' as rule, '{{ rule.because }}' as picked_because
    union all
    {% endfor -%}
    select 'own' as rule, 'Told by a colleague; everyone named in it has agreed. It was submitted, not looked for.' as picked_because
),

-- employees' stories are never mined: all that were submitted stand here, those that not everyone named has agreed to are only counted
submitted as (
    select
        submissions.*,
        case when submissions.audience in ('employees', 'public', 'clients', 'suppliers') then submissions.audience else 'employees' end as about,
        coalesce(submissions.withdrawn_at <= clock.as_of, false) or denials.person_key is not null as is_withdrawn
    from submissions
    cross join clock
    left join denials on submissions.person_key = denials.person_key
    where submissions.submitted_at <= clock.as_of
),

own as (
    select
        extract('year' from submitted.quarter) || '-Q' || extract('quarter' from submitted.quarter)
        || '-own-' || substr(md5(submitted.story_id || '|' || salt.salt), 1, 8) as story_id,
        submitted.quarter,
        submitted.about as audience,
        'own' as rule,
        false as is_counter,
        cast(null as text) as conversation_ref,
        1 as authors,
        1 as consenting_authors,
        submitted.is_withdrawn,
        submitted.text as words,
        submitted.submitted_at as last_said_at
    from submitted
    cross join salt
    where submitted.is_agreed
),

told as (
    select
        draws.story_id,
        draws.quarter,
        draws.audience,
        draws.rule,
        draws.is_counter,
        draws.conversation_ref,
        coalesce(words.authors, 1) as authors,
        coalesce(words.consenting_authors, 0) as consenting_authors,
        words.is_source_deleted or words.withdrawn_authors > 0 as is_withdrawn,
        words.words,
        words.last_said_at
    from draws
    left join words on draws.story_id = words.story_id
    union all
    select * from own
),

-- the latest decision counts, and of two at one time the rejection
decided as (
    select
        *,
        row_number() over (partition by story_id order by reviewed_at desc, decision desc) as place
    from reviews
    -- a word that is neither decides nothing
    where decision in ('approved', 'rejected')
),

-- what is said later, or otherwise, has been approved by nobody
reviewed as (
    select
        decided.*,
        decided.decision = 'approved'
        and coalesce(decided.words_print <> {{ words_print('told.words', 'salt.salt') }}, told.last_said_at > decided.reviewed_at, false) as is_outdated
    from told
    inner join decided on told.story_id = decided.story_id and decided.place = 1
    cross join salt
),

judged as (
    select
        told.*,
        rules.picked_because,
        case when rules.rule = 'own' then whole.reference else people.reference end as indicator_ref,
        money.reference as roi_ref,
        case
            when told.is_withdrawn then 'withdrawn'
            when reviewed.is_outdated then 'candidate'
            else coalesce(reviewed.decision, 'candidate')
        end as state,
        reviewed.is_outdated,
        reviewed.reviewer_role,
        reviewed.reviewed_at
    from told
    inner join rules on told.rule = rules.rule
    left join references_to_rows as people
        on people.side = 'people' and told.rule = people.rule and told.quarter = people.quarter and told.audience = people.audience
    left join references_to_rows as whole
        on whole.side = 'people' and whole.rule = 'own' and told.quarter = whole.quarter
    left join references_to_rows as money
        on money.side = 'money' and told.rule = money.rule and told.quarter = money.quarter and told.audience = money.audience
    left join reviewed on told.story_id = reviewed.story_id
)

select
    judged.story_id,
    judged.quarter,
    judged.audience,
    judged.rule,
    judged.picked_because,
    judged.conversation_ref,
    judged.indicator_ref,
    judged.roi_ref,
    cast(counts.eligible as bigint) as eligible,
    cast(counts.matched as bigint) as matched,
    counts.counted_on,
    judged.is_counter,
    judged.state,
    judged.reviewer_role,
    judged.reviewed_at,
    case
        when judged.state = 'approved' and judged.consenting_authors = judged.authors then judged.words
    end as text,
    case
        when judged.state = 'withdrawn' then 'its source was deleted, or somebody no longer agrees'
        when judged.state = 'rejected' then 'rejected'
        when judged.consenting_authors < judged.authors then 'not everyone quoted has agreed'
        when judged.is_outdated then 'its words have changed since they were reviewed'
        when judged.state = 'candidate' then 'nobody has reviewed it'
        when judged.words is null then 'its words were not kept'
    end as withheld_because,
    clock.is_demo
from judged
cross join clock
left join counts
    on judged.rule = counts.rule and judged.quarter = counts.quarter
    and counts.audience = case when judged.rule = 'own' then 'all' else judged.audience end

with links as (
    select * from {{ ref('int_link_choices') }}
),

touches as (
    select
        person_key,
        platform,
        {{ is_allowed('attribution', 'given.person_key', 'given.platform') | indent(8) }} as is_used,
        {{ is_granted('attribution', 'given.person_key', 'given.platform') | indent(8) }} as is_granted,
        {{ is_denied('attribution', 'given.person_key', 'given.platform') | indent(8) }} as is_denied
    from {{ ref('int_touches') }} as given
),

surveys as (
    select
        respondent_key as person_key,
        {{ is_allowed('survey', 'given.respondent_key', 'cast(null as text)') | indent(8) }} as is_used,
        {{ is_granted('survey', 'given.respondent_key', 'cast(null as text)') | indent(8) }} as is_granted,
        {{ is_denied('survey', 'given.respondent_key', 'cast(null as text)') | indent(8) }} as is_denied
    from {{ ref('int_surveys') }} as given
),

-- their mood is not read, everything else of them counts
unread_moods as (
    select interactions.actor_key as person_key
    from {{ ref('int_interactions') }} as interactions
    inner join {{ ref('int_sentiment_choices') }} as choices
        on interactions.platform = choices.platform and interactions.actor_key = choices.actor_key
    where interactions.sentiment is not null and not choices.is_allowed
),

of_purpose as (
    select 'touches' as entity, * exclude (platform) from touches
    union all
    select 'surveys' as entity, * from surveys
),

rows_of_persons as (
    select
        'identity_links' as entity,
        person_key,
        left_out_because is null as is_used,
        left_out_because as because
    from links
    where not is_employee
    union all
    select
        'interactions' as entity,
        person_key,
        false as is_used,
        'sentiment: denied, withdrawn, expired or forgotten' as because
    from unread_moods
    union all
    select
        entity,
        person_key,
        is_used,
        case
            when is_denied then 'denied, withdrawn, expired or forgotten'
            when not is_used then 'no consent is given, and the company allows nothing without one'
            when not is_granted then 'used without a consent, on the basis on which the company recorded it'
        end as because
    from of_purpose
)

select
    entity,
    because,
    is_used,
    count(*) as row_count,
    count(distinct person_key) as people
from rows_of_persons
where because is not null
group by entity, because, is_used

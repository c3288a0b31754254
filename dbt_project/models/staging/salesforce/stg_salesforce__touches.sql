-- who was put on a list and did nothing was not touched
with answers as (
    select * from {{ source('salesforce', 'campaign_members') }}
    where deleted_at is null and has_responded
),

campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }}
),

persons as (
    select contact_id, account_id, person_key
    from {{ ref('stg_salesforce__contacts') }}
    where person_key is not null
)

select
    'salesforce:' || answers.member_id as touch_id,
    persons.person_key,
    -- of the answer Salesforce keeps the day; who was added as an answer has a time
    case
        when cast(answers.created_at as date) >= cast(answers.responded_on as date) or answers.responded_on is null then answers.created_at
        else answers.responded_on
    end as occurred_at,
    campaigns.channel,
    answers.campaign_id,
    'engagement' as kind,
    persons.account_id,
    'salesforce' as source,
    answers._observed_at
from answers
inner join persons on coalesce(answers.contact_id, answers.lead_id) = persons.contact_id
left join campaigns on answers.campaign_id = campaigns.campaign_id

with deals as (
    select * from {{ source('hubspot', 'deals') }}
    where deleted_at is null and merged_into is null
),

contacts as (
    select * from {{ source('hubspot', 'contacts') }}
    where deleted_at is null
),

stages as (
    select *, {{ dbt.safe_cast('probability', 'double') }} as chance
    from {{ source('hubspot', 'stages') }}
),

portal as (
    select max(currency) as currency from {{ source('hubspot', 'currency') }}
),

judged as (
    select
        deals.*,
        stages.label,
        -- the deal's own word, else its stage's, else the ids that every portal starts with
        case
            when deals.hs_is_closed_won = 'true' then true
            when deals.hs_is_closed = 'true' then false
            when deals.hs_is_closed = 'false' then null
            when stages.is_closed = 'true' then stages.chance >= 1
            when stages.is_closed = 'false' then null
            when deals.dealstage = 'closedwon' then true
            when deals.dealstage = 'closedlost' then false
        end as is_won
    from deals
    left join stages on deals.pipeline = stages.pipeline_id and deals.dealstage = stages.stage_id
)

select
    judged.deal_id as opportunity_id,
    judged.createdate as created_at,
    judged.company_id as account_id,
    judged.contact_id,
    contacts.person_key,
    -- stages that a company adds itself have numbers for ids
    case when {{ dbt.safe_cast('judged.dealstage', 'bigint') }} is null then judged.dealstage else coalesce(judged.label, judged.dealstage) end as stage,
    judged.is_won,
    -- until it is closed, the date is a plan
    case when judged.is_won is not null then judged.closedate end as closed_at,
    {{ dbt.safe_cast('judged.amount', 'decimal(18, 4)') }} as amount,
    upper(coalesce(judged.deal_currency_code, portal.currency)) as currency,
    coalesce(judged.hs_analytics_source, contacts.hs_analytics_source) as lead_source,
    'hubspot' as source,
    judged._observed_at
from judged
left join contacts on judged.contact_id = contacts.contact_id
cross join portal

with opportunities as (
    select * from {{ source('salesforce', 'opportunities') }}
    where deleted_at is null
),

contacts as (
    select * from {{ source('salesforce', 'contacts') }}
    where deleted_at is null
),

stages as (
    select * from {{ source('salesforce', 'stages') }}
),

org as (
    select max(currency) as currency from {{ source('salesforce', 'currency') }}
),

steps as (
    select
        history.opportunity_id,
        history.stage,
        history.created_at,
        coalesce(stages.is_closed, false) as is_closed
    from {{ source('salesforce', 'opportunity_history') }} as history
    left join stages on history.stage = stages.stage
    where history.deleted_at is null
),

last_open as (
    select opportunity_id, max(created_at) as open_until
    from steps
    where not is_closed
    group by opportunity_id
),

-- when it was closed for good: the first closed step after the last open one; the close date itself is a plan that people type in
closes as (
    select steps.opportunity_id, min(steps.created_at) as closed_at
    from steps
    left join last_open on steps.opportunity_id = last_open.opportunity_id
    where steps.is_closed and (last_open.open_until is null or steps.created_at >= last_open.open_until)
    group by steps.opportunity_id
)

select
    opportunities.opportunity_id,
    opportunities.created_at,
    opportunities.account_id,
    opportunities.contact_id,
    contacts.person_key,
    opportunities.stage,
    case when opportunities.is_closed then opportunities.is_won end as is_won,
    case when opportunities.is_closed then coalesce(closes.closed_at, opportunities.closes_on) end as closed_at,
    {{ dbt.safe_cast('opportunities.amount', 'decimal(18, 4)') }} as amount,
    upper(coalesce(opportunities.currency, org.currency)) as currency,
    coalesce(opportunities.lead_source, contacts.lead_source) as lead_source,
    opportunities.campaign_id,
    'salesforce' as source,
    opportunities._observed_at
from opportunities
left join contacts on opportunities.contact_id = contacts.contact_id
left join closes on opportunities.opportunity_id = closes.opportunity_id
cross join org

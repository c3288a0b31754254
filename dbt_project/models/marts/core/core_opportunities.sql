with clock as (
    select * from {{ ref('int_clock') }}
),

opportunities as (
    select * from {{ ref('int_opportunities_resolved') }}
)

select
    opportunities.opportunity_id,
    opportunities.account_id,
    opportunities.person_key,
    opportunities.customer_key,
    opportunities.created_at,
    opportunities.closed_at,
    opportunities.stage,
    opportunities.status,
    opportunities.is_won,
    opportunities.lead_source,
    opportunities.channel,
    opportunities.campaign_id,
    opportunities.currency,
    opportunities.amount,
    opportunities.amount_reporting,
    opportunities.source,
    clock.is_demo
from opportunities
cross join clock

with opportunities as (
    select * from {{ ref('int_opportunities') }}
),

contacts as (
    select * from {{ ref('int_contact_accounts') }}
),

persons as (
    select * from {{ ref('int_person_accounts') }}
),

stages as (
    select lower(stage) as stage, min(status) as status
    from {{ ref('stage_names') }}
    group by lower(stage)
),

lead_sources as (
    select lower(lead_source) as lead_source, min(channel) as channel
    from {{ ref('lead_source_names') }}
    group by lower(lead_source)
),

campaigns as (
    select * from {{ ref('int_campaigns') }}
),

resolved as (
    select
        opportunities.*,
        coalesce(opportunities.account_id, contacts.account_id, persons.account_id) as resolved_account_id,
        coalesce(opportunities.person_key, contacts.surviving_person_key) as resolved_person_key,
        case
            when opportunities.is_won then 'won'
            when opportunities.is_won = false and opportunities.closed_at is not null then 'lost'
            when stages.status is not null then stages.status
            when opportunities.is_won = false then 'open'
            else 'unknown'
        end as status,
        case
            when campaigns.channel is not null then campaigns.channel
            when opportunities.lead_source is null then null
            else coalesce(lead_sources.channel, 'unknown')
        end as channel,
        {{ reporting_date('coalesce(opportunities.closed_at, opportunities.created_at)') }} as money_date
    from opportunities
    left join contacts on opportunities.contact_id = contacts.contact_id
    left join persons
        on coalesce(opportunities.person_key, contacts.surviving_person_key) = persons.person_key
        and opportunities.created_at >= persons.valid_from
        and opportunities.created_at < persons.valid_to
    left join stages on lower(opportunities.stage) = stages.stage
    left join lead_sources on lower(opportunities.lead_source) = lead_sources.lead_source
    left join campaigns on opportunities.campaign_id = campaigns.campaign_id
)

select
    resolved.opportunity_id,
    resolved.resolved_account_id as account_id,
    resolved.resolved_person_key as person_key,
    coalesce(resolved.resolved_account_id, resolved.resolved_person_key) as customer_key,
    resolved.contact_id,
    resolved.created_at,
    resolved.closed_at,
    resolved.money_date,
    resolved.stage,
    resolved.status,
    resolved.status = 'won' as is_won,
    resolved.lead_source,
    resolved.channel,
    resolved.campaign_id,
    resolved.amount,
    resolved.currency,
    {{ convert('resolved.amount', rate('rates', 'resolved.currency')) }} as amount_reporting,
    resolved.source
from resolved
{{ rate_join('rates', 'resolved.currency', 'resolved.money_date') }}

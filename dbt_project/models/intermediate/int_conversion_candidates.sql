with clock as (
    select as_of from {{ ref('int_clock') }}
),

-- what is dated after the clock has not happened yet
ledger as (
    select bookings.*
    from {{ ref('int_revenue_resolved') }} as bookings
    cross join clock
    where bookings.kind in ('order', 'invoice') and bookings.occurred_at <= clock.as_of
),

opportunities as (
    select * from {{ ref('int_opportunities_resolved') }}
),

accounts as (
    select account_id, segment from {{ ref('int_accounts') }}
),

records as (
    select segment, record, near_days from {{ ref('revenue_of_record') }}
),

-- a margin rate for the segment, else the one for all (*): a deal has no cost of goods of its own
margin_rates as (
    select segment, cast(margin_rate as decimal(18, 6)) as margin_rate
    from {{ ref('margin_policy') }}
    where plan is null
),

settings as (
    select
        accounts.account_id,
        coalesce(by_segment.record, for_all.record, 'ledger') as record,
        coalesce(by_segment.near_days, for_all.near_days, 90) as near_days,
        coalesce(rate_by_segment.margin_rate, rate_for_all.margin_rate) as margin_rate
    from accounts
    left join records as by_segment on accounts.segment = by_segment.segment
    left join records as for_all on for_all.segment = '*'
    left join margin_rates as rate_by_segment on accounts.segment = rate_by_segment.segment
    left join margin_rates as rate_for_all on rate_for_all.segment = '*'
),

won as (
    select
        opportunities.*,
        coalesce(opportunities.closed_at, opportunities.created_at) as won_at,
        coalesce(settings.record, 'ledger') as record,
        coalesce(settings.near_days, 90) as near_days,
        settings.margin_rate
    from opportunities
    cross join clock
    left join settings on opportunities.account_id = settings.account_id
    where opportunities.is_won and coalesce(opportunities.closed_at, opportunities.created_at) <= clock.as_of
),

-- ledger and CRM tell the same sale where the booking names the deal or stands near it in time
told_twice as (
    select distinct won.opportunity_id, ledger.revenue_id, won.record
    from won
    inner join ledger on won.opportunity_id = ledger.opportunity_id
    union
    select distinct won.opportunity_id, ledger.revenue_id, won.record
    from won
    inner join ledger
        on won.account_id = ledger.account_id
        and ledger.occurred_at >= {{ days_before('won.won_at', 'won.near_days') }}
        and ledger.occurred_at <= {{ days_before('won.won_at', '-won.near_days') }}
),

deals_in_ledger as (
    select distinct opportunity_id from told_twice where record <> 'crm'
),

bookings_in_crm as (
    select distinct revenue_id from told_twice where record = 'crm'
),

order_ids as (
    select distinct order_id from ledger where kind = 'order' and order_id is not null
),

ranked as (
    select
        ledger.*,
        ledger.kind = 'invoice' and ledger.order_id in (select order_id from order_ids) as is_invoice_of_order,
        row_number() over (partition by ledger.customer_key order by ledger.occurred_at, ledger.revenue_id) as booking_of_customer,
        row_number() over (partition by ledger.opportunity_id, ledger.kind order by ledger.occurred_at, ledger.revenue_id) as booking_of_deal
    from ledger
),

bookings as (
    select
        ranked.revenue_id as candidate_id,
        case
            when ranked.kind = 'order' then 'order|' || coalesce(ranked.order_id, ranked.revenue_id)
            else 'invoice|' || ranked.revenue_id
        end as conversion_id,
        ranked.kind,
        ranked.revenue_id,
        ranked.opportunity_id,
        ranked.customer_key,
        ranked.account_id,
        ranked.person_key,
        ranked.occurred_at as converted_at,
        'booked_at' as conversion_clock,
        ranked.sale_kind,
        ranked.amount_reporting as revenue,
        ranked.contribution_margin_reporting as contribution_margin,
        ranked.margin_basis,
        case
            when ranked.sale_kind = 'renewal' then 'renewal'
            when ranked.is_invoice_of_order then 'invoice of an order'
            when bookings_in_crm.revenue_id is not null then 'the CRM is the record of this sale'
            when ranked.kind = 'order' then null
            when ranked.opportunity_id is not null and ranked.booking_of_deal > 1 then 'later invoice of a deal'
            when ranked.opportunity_id is not null or ranked.sale_kind in ('new', 'expansion', 'one_off') then null
            when ranked.booking_of_customer > 1 then 'renewals not separable'
        end as left_out_because
    from ranked
    left join bookings_in_crm on ranked.revenue_id = bookings_in_crm.revenue_id
),

deals as (
    select
        won.opportunity_id as candidate_id,
        'deal|' || won.opportunity_id as conversion_id,
        'opportunity' as kind,
        cast(null as text) as revenue_id,
        won.opportunity_id,
        won.customer_key,
        won.account_id,
        won.person_key,
        won.won_at as converted_at,
        'closed_at' as conversion_clock,
        cast(null as text) as sale_kind,
        won.amount_reporting as revenue,
        cast(round(won.amount_reporting * won.margin_rate, 4) as decimal(18, 4)) as contribution_margin,
        case when won.margin_rate is not null then 'assumed' else 'missing' end as margin_basis,
        case when deals_in_ledger.opportunity_id is not null then 'the ledger is the record of this sale' end as left_out_because
    from won
    left join deals_in_ledger on won.opportunity_id = deals_in_ledger.opportunity_id
),

final as (
    select * from bookings
    union all
    select * from deals
)

select * from final

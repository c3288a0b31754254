with candidates as (
    select * from {{ ref('int_conversion_candidates') }}
    where left_out_because is null
),

opportunities as (
    select opportunity_id, contact_id, created_at from {{ ref('int_opportunities_resolved') }}
),

contacts as (
    select contact_id, created_at from {{ ref('int_contacts') }}
),

first_bookings as (
    select customer_key, min(occurred_at) as first_booked_at
    from {{ ref('int_revenue_resolved') }}
    where kind in ('order', 'invoice')
    group by customer_key
),

-- the lines of one order are one conversion, whatever they are worth
sales as (
    select
        conversion_id,
        min(kind) as kind,
        min(opportunity_id) as opportunity_id,
        min(customer_key) as customer_key,
        min(account_id) as account_id,
        min(person_key) as person_key,
        min(converted_at) as converted_at,
        min(conversion_clock) as conversion_clock,
        min(sale_kind) as sale_kind,
        case when count(*) = count(revenue) then cast(sum(revenue) as decimal(18, 4)) end as revenue,
        case when count(*) = count(contribution_margin) then cast(sum(contribution_margin) as decimal(18, 4)) end as contribution_margin,
        -- alphabetical order is also that of trust: actual, assumed, missing
        max(margin_basis) as margin_basis
    from candidates
    group by conversion_id
),

ranked as (
    select
        *,
        row_number() over (partition by customer_key order by converted_at, conversion_id) as conversion_of_customer
    from sales
)

select
    ranked.conversion_id,
    ranked.kind,
    ranked.opportunity_id,
    coalesce(ranked.customer_key, ranked.conversion_id) as customer_key,
    ranked.account_id,
    ranked.person_key,
    ranked.converted_at,
    {{ reporting_month('ranked.converted_at') }} as converted_month,
    ranked.conversion_clock,
    ranked.sale_kind,
    ranked.revenue,
    ranked.contribution_margin,
    ranked.margin_basis,
    ranked.customer_key is not null
    and ranked.conversion_of_customer = 1
    and coalesce(ranked.sale_kind, 'new') <> 'expansion'
    and coalesce(first_bookings.first_booked_at >= ranked.converted_at, true) as is_new_customer,
    opportunities.created_at as opportunity_created_at,
    contacts.created_at as contact_created_at,
    case
        when opportunities.created_at is not null
            then {{ days_before('least(opportunities.created_at, ranked.converted_at)', 90) }}
        when ranked.kind = 'order' then {{ days_before('ranked.converted_at', 30) }}
        else {{ days_before('ranked.converted_at', 90) }}
    end as own_window_starts_at
from ranked
left join opportunities on ranked.opportunity_id = opportunities.opportunity_id
left join contacts on opportunities.contact_id = contacts.contact_id
left join first_bookings on ranked.customer_key = first_bookings.customer_key

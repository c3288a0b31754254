with unioned as (
    {{ union_entity('revenue') | indent(4) }}
)

-- Where a file does not say what a booking is, its other columns do. A company's is read as an invoice, so that what it pays
-- every month is no new sale each time; a person's is read as an order.
select
    {{ all_columns_but(['kind']) }},
    case
        when kind is not null then kind
        when amount < 0 then 'refund'
        when order_id is null and coalesce(account_id, opportunity_id) is not null then 'invoice'
        else 'order'
    end as kind
from unioned

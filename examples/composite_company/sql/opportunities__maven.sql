-- Every deal, joined to nothing: an inner join on product would lose 3,510,578 of the won value, because the
-- pipeline writes "GTXPro" where the price list writes "GTX Pro". The 500 deals in prospecting have no engage date:
-- the last day of the extract is declared. Amounts have no currency: US dollars are declared.
select
    opportunity_id,
    coalesce(engage_date, '2017-12-31')::timestamp as created_at,
    lower(replace(account, ' ', '-')) as account_id,
    deal_stage as stage,
    case deal_stage when 'Won' then true when 'Lost' then false end as is_won,
    close_date::timestamp as closed_at,
    case when deal_stage = 'Won' then close_value::decimal(18, 4) end as amount,
    'USD' as currency
from read_csv(getvariable('data') || '/crm_maven/sales_pipeline.csv', all_varchar = true)

-- The spelling "technolgy" of the source is mended here.
select
    lower(replace(account, ' ', '-')) as account_id,
    account as name,
    'client' as role,
    case sector when 'technolgy' then 'technology' else sector end as industry,
    office_location as country
from read_csv(getvariable('data') || '/crm_maven/accounts.csv', all_varchar = true)
order by account_id

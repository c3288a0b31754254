-- Orders of 1997 and 1998. 255 rows are alike in every column and are real separate purchases: the row number is
-- the key. US dollars are declared.
select
    'cdnow-' || row_number() over () as revenue_id,
    date::timestamp as occurred_at,
    value::decimal(18, 4) as amount,
    'USD' as currency,
    'cdnow-' || customer_id as person_key,
    'order' as kind
from read_csv(getvariable('data') || '/cdnow/cdnow_master.csv', all_varchar = true)

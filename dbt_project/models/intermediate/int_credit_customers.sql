select customer_key, row_number() over (order by customer_key) as customer_no
from (select distinct customer_key from {{ ref('int_conversions') }}) as customers

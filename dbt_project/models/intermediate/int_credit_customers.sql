-- what is drawn must not depend on people's keys, which a rotation changes: a person is drawn by the first of their conversions
select
    customer_key,
    coalesce(min(account_id), min(conversion_id)) as draw_key,
    row_number() over (order by customer_key) as customer_no
from {{ ref('int_conversions') }}
group by customer_key

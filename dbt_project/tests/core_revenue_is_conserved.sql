-- Finding the customer of a booking loses and doubles none.
select currency, sum(amount) as amount
from {{ ref('int_revenue') }}
group by currency
except
select currency, sum(amount) as amount
from {{ ref('core_revenue') }}
group by currency

select
    as_of,
    {{ reporting_date('as_of') }} as as_of_date,
    is_demo
from {{ source('goodwill', 'clock') }}

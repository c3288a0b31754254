with unioned as (
    {{ union_entity('costs') | indent(4) }}
)

-- never imputed: a row that gives neither an amount nor hours and their rate is refused with its file
select * replace (coalesce(amount, cast(round(cast(hours as decimal(38, 4)) * hourly_rate, 4) as decimal(18, 4))) as amount)
from unioned

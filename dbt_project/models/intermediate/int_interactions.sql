-- what the company writes is held against all else that it writes: a number for it, made once
select
    *,
    case when is_brand then {{ key_number_of(text_key('text')) }} end as text_no
from (
    {{ union_entity('interactions') | indent(4) }}
) as interactions

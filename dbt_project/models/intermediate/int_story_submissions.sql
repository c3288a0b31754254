with submissions as (
    {{ union_entity('story_submissions') | indent(4) }}
)

select
    *,
    {{ quarter_of(reporting_date('submitted_at')) }} as quarter,
    coalesce(is_consented_by_all, false) as is_agreed
from submissions

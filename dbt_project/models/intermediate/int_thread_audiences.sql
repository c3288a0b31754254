{{ config(materialized='in_parts', rows_of='int_interactions_numbered') }}

-- whom a thread is with, told from who writes in it; a colleague who joins in does not make it an internal one
with interactions as (
    select * from {{ ref('int_interactions_numbered') }}
    where is_telling_of_thread and thread_no is not null and {{ in_part('thread_no') }}
),

rules as (
    {{ thread_precedence() | indent(4) }}
)

select
    interactions.thread_no,
    {{ first_by('interactions.audience', 'rules.precedence') }} as audience,
    -- where several companies write it is nobody's
    case when min(interactions.account_id) = max(interactions.account_id) then min(interactions.account_id) end as account_id
from interactions
inner join rules on interactions.audience = rules.audience
group by interactions.thread_no

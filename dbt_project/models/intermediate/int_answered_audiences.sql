{{ config(materialized='in_parts', rows_of='int_interactions_numbered') }}

with answers as (
    select * from {{ ref('int_interactions_numbered') }}
    where is_brand and parent_no is not null and {{ in_part('parent_no') }}
),

parents as (
    select * from {{ ref('int_interactions_numbered') }}
    where not is_brand and {{ in_part('interaction_no') }}
)

select
    answers.interaction_no,
    parents.audience,
    parents.account_id
from answers
inner join parents on answers.parent_no = parents.interaction_no
-- those of whom all is told already are the most in many companies
where answers.audience is null or (answers.account_id is null and parents.account_id is not null)

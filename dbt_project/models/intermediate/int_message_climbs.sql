{{ config(materialized='in_parts', rows_of='int_messages_numbered') }}

-- an answer to an answer to an answer belongs to what the first of them answered
with recursive unplaced as (
    select message_no, parent_no
    from {{ ref('int_messages_numbered') }}
    where named_thread_no is null and post_no is null and parent_no is not null
),

climbed as (
    select answers.message_no, answers.parent_no, parents.parent_no as root_no, 1 as steps
    from unplaced as answers
    inner join unplaced as parents on answers.parent_no = parents.message_no
    where {{ in_part('answers.message_no') }}
    union all
    select climbed.message_no, climbed.parent_no, parents.parent_no as root_no, climbed.steps + 1 as steps
    from climbed
    inner join unplaced as parents on climbed.root_no = parents.message_no
    where climbed.steps < {{ longest_chain_of_answers() }}
)

select message_no, parent_no, {{ latest('root_no', 'steps') }} as root_no
from climbed
group by message_no, parent_no

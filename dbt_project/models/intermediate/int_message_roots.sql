{{ config(materialized='in_parts', rows_of='int_message_climbs') }}

-- how long a chain is cannot be foreseen, so that it is climbed first: held against all messages in one step, all of these were kept for each part
with climbs as (
    select * from {{ ref('int_message_climbs') }}
    where {{ in_part('root_no') }}
),

messages as (
    select message_no, named_thread_no, post_no
    from {{ ref('int_messages_numbered') }}
    where {{ in_part('message_no') }}
)

select
    climbs.message_no,
    climbs.parent_no,
    climbs.root_no,
    messages.named_thread_no,
    messages.post_no
from climbs
left join messages on climbs.root_no = messages.message_no

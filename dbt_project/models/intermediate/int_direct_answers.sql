{{ config(materialized='in_parts', rows_of='int_messages_placed') }}

select parent_no as message_no, min(occurred_at) as answered_at
from {{ ref('int_messages_placed') }}
where is_answer and parent_no is not null and {{ in_part('parent_no') }}
group by parent_no

{{ config(materialized='in_parts', rows_of='int_message_answers') }}

with begun_threads as (
    select * from {{ ref('int_thread_months') }}
    where threads > 0 and {{ in_part('thread_no') }}
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where not is_brand and not is_bot and kind <> 'post' and actor_no is not null and {{ in_part('thread_no') }}
)

select distinct
    begun_threads.month,
    begun_threads.cell_no,
    messages.thread_no,
    messages.actor_no
from messages
inner join begun_threads on messages.thread_no = begun_threads.thread_no

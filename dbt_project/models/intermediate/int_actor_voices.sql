{{ config(materialized='in_parts', rows_of='int_voices') }}

with voices as (
    select * from {{ ref('int_voices') }}
    where {{ in_part('coalesce(actor_no, 0)') }}
)

select
    month,
    cell_no,
    actor_no,
    1 as active,
    max(case when is_advocacy then 1 else 0 end) as advocates,
    cast(sum(case when is_message then 1 else 0 end) as integer) as messages,
    cast(sum(case when is_message and mood is not null then 1 else 0 end) as integer) as scored,
    cast(sum(case when is_message and mood = 1 then 1 else 0 end) as integer) as positive,
    cast(sum(case when is_message and mood = -1 then 1 else 0 end) as integer) as negative
from voices
group by month, cell_no, actor_no

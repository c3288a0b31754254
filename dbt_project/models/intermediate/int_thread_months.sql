{{ config(materialized='in_parts', rows_of='int_message_answers') }}

with replies as (
    select * from {{ ref('int_replies') }}
    where is_public_social and {{ in_part('thread_no') }}
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where kind <> 'post' and not is_bot and {{ in_part('thread_no') }}
),

-- what the brand said in public, and how much of it answered somebody
voices as (
    select
        month,
        cell_no,
        thread_no,
        count(*) as brand_messages,
        sum(case when is_counted then 1 else 0 end) as counted_replies
    from replies
    group by month, cell_no, thread_no
),

in_order as (
    select
        thread_no,
        cell_no,
        occurred_at,
        is_brand,
        lag(is_brand) over thread_order as previous_is_brand,
        row_number() over thread_order as place
    from messages
    window thread_order as (partition by thread_no order by occurred_at, is_brand, message_no)
),

-- a thread counts in the month and for the audience it began with
threads as (
    select
        {{ reporting_month('min(occurred_at)') }} as month,
        min(case when place = 1 then cell_no end) as cell_no,
        thread_no,
        count(*) as messages,
        sum(case when previous_is_brand is distinct from is_brand then 1 else 0 end) as turns
    from in_order
    group by thread_no
    having bool_or(is_brand) and not bool_and(is_brand)
),

-- what people said to each other
audience_messages as (
    select
        month,
        cell_no,
        thread_no,
        count(*) as audience_messages,
        sum(case when is_peer_reply then 1 else 0 end) as peer_replies
    from messages
    where not is_brand
    group by month, cell_no, thread_no
),

counted as (
    select
        month,
        cell_no,
        thread_no,
        brand_messages,
        counted_replies,
        0 as threads,
        0 as messages,
        0 as long_threads,
        0 as audience_messages,
        0 as peer_replies
    from voices
    union all
    select
        month,
        cell_no,
        thread_no,
        0 as brand_messages,
        0 as counted_replies,
        1 as threads,
        messages,
        case when turns >= 3 then 1 else 0 end as long_threads,
        0 as audience_messages,
        0 as peer_replies
    from threads
    union all
    select
        month,
        cell_no,
        thread_no,
        0 as brand_messages,
        0 as counted_replies,
        0 as threads,
        0 as messages,
        0 as long_threads,
        audience_messages,
        peer_replies
    from audience_messages
)

select
    month,
    cell_no,
    thread_no,
    {% for column in ['brand_messages', 'counted_replies', 'threads', 'messages', 'long_threads', 'audience_messages', 'peer_replies'] -%}
    cast(sum({{ column }}) as integer) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from counted
group by month, cell_no, thread_no

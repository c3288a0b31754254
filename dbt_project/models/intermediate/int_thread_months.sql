with replies as (
    select * from {{ ref('int_replies') }}
    where is_public_social
),

messages as (
    select * from {{ ref('int_message_answers') }}
    where kind <> 'post' and not is_bot
),

-- what the brand said in public, and how much of it answered somebody
voices as (
    select
        month,
        platform,
        audience,
        thread_key,
        count(*) as brand_messages,
        sum(case when is_counted then 1 else 0 end) as counted_replies
    from replies
    group by month, platform, audience, thread_key
),

in_order as (
    select
        *,
        lag(is_brand) over thread_order as previous_is_brand,
        row_number() over thread_order as place
    from messages
    window thread_order as (partition by platform, thread_key order by occurred_at, is_brand, message_id)
),

-- a thread counts in the month and for the audience it began with
threads as (
    select
        {{ reporting_month('min(occurred_at)') }} as month,
        platform,
        min(case when place = 1 then audience end) as audience,
        thread_key,
        count(*) as messages,
        sum(case when previous_is_brand is distinct from is_brand then 1 else 0 end) as turns
    from in_order
    group by platform, thread_key
    having bool_or(is_brand) and not bool_and(is_brand)
),

counted as (
    select month, platform, audience, thread_key, brand_messages, counted_replies, 0 as threads, 0 as messages, 0 as long_threads
    from voices
    union all
    select
        month,
        platform,
        audience,
        thread_key,
        0 as brand_messages,
        0 as counted_replies,
        1 as threads,
        messages,
        case when turns >= 3 then 1 else 0 end as long_threads
    from threads
)

select
    month,
    platform,
    audience,
    thread_key,
    sum(brand_messages) as brand_messages,
    sum(counted_replies) as counted_replies,
    sum(threads) as threads,
    sum(messages) as messages,
    sum(long_threads) as long_threads
from counted
group by month, platform, audience, thread_key

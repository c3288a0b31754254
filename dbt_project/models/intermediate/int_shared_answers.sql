{{ config(materialized='in_parts', rows_of='int_messages_placed') }}

-- An answer to several people is one message, and answers each of them: only their messages are held against it, and only in its thread.
with messages as not materialized (
    select message_no, thread_no, actor_no, occurred_at, is_brand, is_answer
    from {{ ref('int_messages_placed') }}
    where kind <> 'post' and {{ in_part('thread_no') }}
),

persons as (
    {{ persons_of_accounts() | indent(4) }}
),

addressees as (
    select
        {{ key_number(['given.platform', 'given.interaction_id']) }} as message_no,
        {{ key_number(['coalesce(persons.person_key, given.addressee_key)']) }} as addressee_no
    from {{ ref('int_interaction_addressees') }} as given
    left join persons on given.platform = persons.platform and given.addressee_key = persons.actor_key
),

answers as (
    select messages.*, addressees.addressee_no as party_no
    from messages
    inner join addressees on messages.message_no = addressees.message_no
    where messages.is_brand
),

parties as (
    select distinct thread_no, party_no
    from answers
),

said as (
    select * from answers
    union all
    select messages.*, parties.party_no
    from messages
    inner join parties on messages.thread_no = parties.thread_no and messages.actor_no = parties.party_no
    where not messages.is_brand
),

in_order as (
    select
        message_no,
        thread_no,
        is_brand,
        lead(case when is_answer then occurred_at end ignore nulls) over party_order as next_answer_at,
        lag(case when is_answer then occurred_at end ignore nulls) over party_order as previous_answer_at,
        lag(case when not is_brand then {{ record(['occurred_at', 'message_no', 'actor_no']) }} end ignore nulls) over party_order as answered
    from said
    window party_order as (partition by thread_no, party_no order by occurred_at, is_answer, message_no)
),

-- of all whom it answers, what was said last
by_message as (
    select
        message_no,
        min(thread_no) as thread_no,
        min(next_answer_at) as next_answer_at,
        max(previous_answer_at) as previous_answer_at,
        max(case when is_brand then answered end) as answered
    from in_order
    group by message_no
)

select
    by_message.message_no,
    by_message.thread_no,
    by_message.next_answer_at,
    by_message.previous_answer_at,
    by_message.answered.message_no as answered_message_no,
    by_message.answered.actor_no as answered_actor_no
from by_message

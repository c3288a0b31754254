{% set people = var('one_text_is_personal_up_to_people', 20) -%}
with answers as not materialized (
    select text_no, answered_actor_no
    from {{ ref('int_message_answers') }}
    where is_brand and text_no is not null and answered_actor_no is not null
),

-- most texts are written once: whom they answer is counted for the others alone
frequent as (
    select text_no
    from answers
    group by text_no
    having count(*) > {{ people }}
)

select answers.text_no
from answers
inner join frequent on answers.text_no = frequent.text_no
group by answers.text_no
having count(distinct answers.answered_actor_no) > {{ people }}

select text_no
from {{ ref('int_message_answers') }}
where is_brand and text_no is not null and answered_actor_no is not null
group by text_no
having count(distinct answered_actor_no) > {{ var('one_text_is_personal_up_to_people', 20) }}

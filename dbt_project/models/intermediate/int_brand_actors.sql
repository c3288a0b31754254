select distinct platform, actor_no
from {{ ref('int_messages_numbered') }}
where is_brand and is_interaction and actor_no is not null

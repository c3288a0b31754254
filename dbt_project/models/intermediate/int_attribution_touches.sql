-- a choice for one platform holds also where only the channel rules told that platform
select touches.*
from {{ ref('int_touch_channels') }} as touches
where {{ is_allowed('attribution', 'touches.person_key', 'touches.platform') }}

with denials as (
    select person_key, platform from {{ ref('int_consent_denials') }}
    where purpose = 'attribution'
)

-- a denial for one platform holds also where only the channel rules told that platform
select touches.*
from {{ ref('int_touch_channels') }} as touches
where not exists (
    select 1
    from denials
    where denials.person_key = touches.person_key
        and (denials.platform is null or denials.platform = touches.platform)
)

select
    person_key,
    purpose,
    platform
from {{ ref('int_consent_choices') }}
where not is_granted

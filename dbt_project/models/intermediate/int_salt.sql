select salt
from {{ source('goodwill', 'salt') }}

-- one row whatever happens: conversations are joined to it
select coalesce(max(salt), '') as salt
from {{ source('goodwill', 'salt') }}

-- Everything a figure is cut by, once for each combination that there is: messages carry its number alone.
select distinct
    {{ key_number(['platform', 'audience', 'profile_id', 'language', 'team', 'room_id']) }} as cell_no,
    platform,
    audience,
    profile_id,
    language,
    team,
    room_id
from (
    select platform, audience, profile_id, language, team, room_id from {{ ref('int_messages_placed') }}
    union all
    select platform, audience, profile_id, language, team, room_id from {{ ref('int_voices') }}
) as said

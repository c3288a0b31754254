-- Its `duration` is modulo 24 hours and is not used: with it the median comes out as 79.68 minutes, which is wrong.
select
    'twitter' as platform,
    conversation_id as thread_id,
    started_at::timestamp as opened_at,
    'resolved' as status,
    resolved_at::timestamp as resolved_at,
    'clients' as audience
from read_csv(getvariable('data') || '/support_conversations_ibm/conversations.csv', all_varchar = true)

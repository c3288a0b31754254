select distinct
    'twitter' as platform,
    company as profile_id,
    company as name,
    'clients' as default_audience
from read_csv(getvariable('data') || '/support_conversations_ibm/conversations.csv', all_varchar = true)
order by profile_id

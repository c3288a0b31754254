-- A community of open source stands in for a workforce; accounts of bots are no people.
select id as person_key
from read_csv(getvariable('data') || '/slack_superset/users.csv', all_varchar = true)
where lower(coalesce(is_bot, 'false')) <> 'true'
order by person_key

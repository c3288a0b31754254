-- of several parties to an interaction the one whose audience comes first, then by the account's id
with parties as not materialized (
    select *, {{ key_number(['platform', 'interaction_id']) }} as interaction_no
    from {{ ref('int_interaction_parties') }}
),

-- most interactions have one party, and are passed on as they come
several as (
    select interaction_no
    from parties
    group by interaction_no
    having count(*) > 1
)

select parties.interaction_no, parties.audience, parties.account_id
from parties
left join several on parties.interaction_no = several.interaction_no
where several.interaction_no is null
union all
select
    parties.interaction_no,
    {{ first_by('parties.audience', 'parties.precedence') }} as audience,
    {{ first_by('parties.account_id', "(1000 + coalesce(parties.precedence, 9)) || '|' || parties.account_id") }} as account_id
from parties
inner join several on parties.interaction_no = several.interaction_no
group by parties.interaction_no

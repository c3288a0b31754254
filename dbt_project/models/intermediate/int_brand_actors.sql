-- Who wrote as the company; and, since a company that never answers wrote nothing, whom people can only have addressed as the company.
with interactions as not materialized (
    select
        platform,
        kind,
        {{ key_number_of('actor_key') }} as actor_no,
        {{ key_number_of('addressee_key') }} as addressee_no,
        is_brand,
        audience,
        profile_id,
        coalesce(parent_id, post_id) as below_id,
        needs_reply
    from {{ ref('int_interaction_audiences') }}
    where kind in ('comment', 'reply', 'mention', 'dm', 'message')
),

posts as (
    select platform, post_id, {{ key_number_of('author_key') }} as author_no
    from {{ ref('int_posts') }}
    where coalesce(is_brand, true)
),

desks as (
    select platform
    from {{ ref('platforms') }}
    where organic_channel in ('support', 'email')
),

spoke as (
    select distinct platform, actor_no
    from interactions
    where is_brand and actor_no is not null
),

signed as (
    select distinct platform, author_no
    from posts
    where author_no is not null
),

-- a row for each key that is written to; the post above a message, a desk and a stated wish for an answer tell that it is written to the company
addressed as (
    select
        interactions.platform,
        interactions.addressee_no,
        count(case when interactions.kind in ('mention', 'dm') then 1 end) as direct_messages,
        bool_or(
            posts.post_id is not null
            or coalesce(interactions.needs_reply, false)
            or (desks.platform is not null and interactions.profile_id is not null)
        ) as is_told
    from interactions
    left join posts
        on interactions.platform = posts.platform and interactions.below_id = posts.post_id
    left join desks on interactions.platform = desks.platform
    where not interactions.is_brand and interactions.audience <> 'employees' and interactions.addressee_no is not null
    group by interactions.platform, interactions.addressee_no
),

-- whoever speaks for himself is one of the audience
people as (
    select distinct addressed.platform, addressed.addressee_no
    from interactions
    inner join addressed
        on interactions.platform = addressed.platform and interactions.actor_no = addressed.addressee_no
    where not interactions.is_brand
),

-- mentions and direct messages reach us because they are for us, unless most of a platform's are for people who write themselves
judged as (
    select
        addressed.platform,
        addressed.addressee_no,
        people.addressee_no is null as is_never_heard,
        addressed.is_told or signed.author_no is not null as is_told,
        addressed.direct_messages > 0
        and sum(case when people.addressee_no is null then addressed.direct_messages else -addressed.direct_messages end)
            over (partition by addressed.platform)
        > 0 as is_written_to_directly
    from addressed
    left join people
        on addressed.platform = people.platform and addressed.addressee_no = people.addressee_no
    left join signed
        on addressed.platform = signed.platform and addressed.addressee_no = signed.author_no
)

select platform, actor_no
from spoke
union
select platform, addressee_no as actor_no
from judged
where is_never_heard and (is_told or is_written_to_directly)

-- Numbers in place of keys and ids, and what can be told of an interaction by itself: parents, threads and texts meet by these alone.
with {{ audiences_told() }}

select
    interactions.interaction_no,
    case when interactions.parent_id is not null then {{ key_number(['interactions.platform', 'interactions.parent_id']) }} end as parent_no,
    interactions.thread_no,
    {{ key_number_of('interactions.actor_key') }} as actor_no,
    interactions.occurred_at,
    interactions.is_of_brand as is_brand,
    interactions.text_no,
    coalesce(interactions.is_bot, false) as is_bot,
    -- an employee is one in any thread; between the others the thread's purpose decides
    coalesce(
        interactions.given_audience,
        case when not interactions.is_of_brand and parties.audience = 'employees' then parties.audience end,
        conversations.audience,
        parties.audience,
        -- what the brand says is told by whom it answers before it is told by where it stands
        case when not interactions.is_of_brand then coalesce(posts.audience, profiles.default_audience, 'unknown') end
    ) as audience,
    parties.account_id,
    not interactions.is_of_brand
    and coalesce(
        interactions.given_audience is not null
        or parties.audience = 'employees'
        or (conversations.audience is null and parties.audience is not null),
        false
    ) as is_telling_of_thread
from interactions
{{ join_audiences_told() }}

with interactions as (
    select * from {{ ref('int_interaction_audiences') }}
),

clock as (
    select * from {{ ref('int_clock') }}
)

select
    interactions.month as period,
    {{ fingerprint(row_hash([
        'interactions.platform', 'interactions.interaction_id', 'interactions.occurred_at', 'interactions.kind', 'interactions.actor_key',
        'interactions.is_brand', 'interactions.addressee_key', 'interactions.profile_id', 'interactions.audience',
        'interactions.audience_method', 'interactions.account_id', 'interactions.post_id', 'interactions.parent_id',
        'interactions.thread_id', 'interactions.room_id', 'interactions.team', 'interactions.needs_reply', 'interactions.is_question',
        'interactions.is_bot', 'interactions.is_incentivised', 'interactions.is_deleted', 'interactions.language',
        'interactions.sentiment', 'interactions.source', 'clock.is_demo',
    ])) }} as fingerprint
from interactions
cross join clock
group by interactions.month

{{ config(materialized='in_parts', rows_of='int_messages_numbered') }}

with messages as (
    select * from {{ ref('int_messages_numbered') }}
),

platforms as (
    select * from {{ ref('platforms') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

-- a message without its own takes that of the message which it answers
places as (
    select * from {{ ref('int_message_places') }}
),

-- a platform that gives posts and never what people answered cannot tell a monologue from a conversation
heard_platforms as (
    select distinct platform
    from places
    where is_heard
),

-- the messages of a part meet the parents of the same part
parents as (
    select message_no, place_no, actor_no, is_brand, named_thread_no, post_no
    from {{ ref('int_messages_numbered') }}
    where {{ in_part('message_no') }}
),

roots as (
    select * from {{ ref('int_message_roots') }}
    where {{ in_part('parent_no') }}
),

-- where a message stands and whom it addresses; what has neither thread nor post belongs to the message that began the chain of answers
placed as (
    select
        {% for column in [
            'message_no', 'actor_no', 'addressee_no', 'is_addressee_brand', 'parent_no', 'place_no', 'text_no', 'occurred_at', 'kind', 'is_brand', 'is_bot',
            'is_deleted', 'is_paid', 'needs_reply',
        ] -%}
        messages.{{ column }},
        {% endfor -%}
        places.platform,
        places.audience,
        parents.message_no as parent_message_no,
        parents.place_no as parent_place_no,
        parents.actor_no as parent_actor_no,
        coalesce(parents.is_brand, true) as is_parent_brand,
        coalesce(platforms.is_social, true) and heard_platforms.platform is not null as is_heard_social_platform,
        coalesce(
            messages.named_thread_no,
            parents.named_thread_no,
            messages.post_no,
            parents.post_no,
            roots.named_thread_no,
            roots.post_no,
            roots.root_no,
            messages.parent_no,
            messages.message_no
        ) as thread_no,
        -- a post with comments is no conversation: what the brand says there to nobody in particular answers nobody
        coalesce(messages.named_thread_no, parents.named_thread_no) is not null
        or (
            coalesce(messages.post_no, parents.post_no) is null
            and (roots.named_thread_no is not null or roots.post_no is null)
        ) as is_conversation
    from messages
    cross join clock
    inner join places on messages.place_no = places.place_no
    left join platforms on places.platform = platforms.platform
    left join heard_platforms on places.platform = heard_platforms.platform
    left join parents on messages.parent_no = parents.message_no
    left join roots on messages.message_no = roots.message_no
    where
        messages.occurred_at <= clock.as_of
        and places.audience <> 'employees'
        and {{ in_part('coalesce(messages.parent_no, messages.message_no)') }}
),

flagged as (
    select
        *,
        -- the person on the audience's side of the message; NULL: the brand speaks to all who take part
        case
            when not is_brand then actor_no
            when not is_parent_brand then parent_actor_no
            when not is_addressee_brand then addressee_no
        end as party_no,
        is_brand and not is_bot and kind <> 'post' as is_answer,
        not is_brand
        and not is_bot
        and kind <> 'post'
        and (
            kind in ('mention', 'dm')
            or (
                (is_parent_brand or parent_actor_no = actor_no)
                and (addressee_no is null or is_addressee_brand or addressee_no = actor_no)
            )
        ) as is_inbound,
        -- one of the audience answers another of it
        not is_brand
        and not is_bot
        and kind <> 'post'
        and (
            (not is_parent_brand and parent_actor_no <> actor_no)
            or (addressee_no is not null and not is_addressee_brand and addressee_no <> actor_no)
        ) as is_peer_reply
    from placed
),

told as (
    select
        flagged.message_no,
        flagged.thread_no,
        flagged.parent_no,
        case when not flagged.is_parent_brand then flagged.parent_message_no end as audience_parent_no,
        flagged.actor_no,
        flagged.party_no,
        flagged.text_no,
        flagged.occurred_at,
        flagged.kind,
        flagged.is_brand,
        flagged.is_bot,
        flagged.is_deleted,
        flagged.is_answer,
        flagged.is_inbound,
        coalesce(flagged.is_peer_reply, false) as is_peer_reply,
        flagged.is_heard_social_platform and not flagged.is_paid and flagged.kind not in ('dm', 'message') as is_public_social,
        flagged.is_conversation,
        flagged.needs_reply,
        flagged.platform,
        -- a reply is said to those whom it answers
        case when flagged.is_brand and not flagged.is_parent_brand then parent_places.audience else flagged.audience end as audience,
        {% for column in ['profile_id', 'language', 'team', 'room_id'] -%}
        coalesce(places.{{ column }}, parent_places.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from flagged
    left join places on flagged.place_no = places.place_no
    left join places as parent_places on flagged.parent_place_no = parent_places.place_no
)

select
    *,
    {{ key_number(['platform', 'audience', 'profile_id', 'language', 'team', 'room_id']) }} as cell_no
from told

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month',
    on_schema_change='fail',
    pre_hook="{{ drop_stale_periods('int_interactions_periods', 'month') }}",
    post_hook="{{ keep_fingerprints('int_interactions_periods') }}"
) }}

-- depends_on: {{ ref('int_interactions_periods') }}
with clock as (
    select * from {{ ref('int_clock') }}
),

-- employees' interactions and direct messages never leave the intermediate layer, nor does any text
interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where audience <> 'employees' and kind <> 'dm'
)

select
    interactions.platform,
    interactions.interaction_id,
    interactions.occurred_at,
    interactions.date,
    interactions.month,
    interactions.kind,
    interactions.actor_key,
    interactions.is_brand,
    interactions.addressee_key,
    interactions.profile_id,
    interactions.audience,
    interactions.audience_method,
    interactions.account_id,
    interactions.post_id,
    interactions.parent_id,
    interactions.thread_id,
    interactions.room_id,
    interactions.team,
    interactions.needs_reply,
    interactions.is_question,
    interactions.is_bot,
    interactions.is_incentivised,
    interactions.is_deleted,
    interactions.language,
    {{ published_double('interactions.sentiment') }} as sentiment,
    interactions.source,
    clock.is_demo
from interactions
cross join clock
where {{ in_stale_periods('int_interactions_periods', 'interactions.month') }}

-- Journeys put together by their path give the same transitions as journeys one by one.
with visits as (
    select
        chain_id,
        journey_no,
        place,
        channel,
        is_converted,
        lag(channel) over (partition by chain_id, journey_no order by place) as earlier
    from {{ ref('int_markov_journeys') }}
),

journeys as (
    select
        chain_id,
        journey_no,
        is_converted,
        list(channel order by place) as path
    from visits
    where channel is distinct from earlier
    group by chain_id, journey_no, is_converted
),

paths as (
    select chain_id, path, is_converted, count(*) as journeys
    from journeys
    group by chain_id, path, is_converted
),

steps as (
    select
        chain_id,
        path,
        is_converted,
        journeys,
        unnest(generate_series(0, len(path))) as step
    from paths
),

aggregated as (
    select
        chain_id,
        case when step > 0 then path[step] end as from_channel,
        path[step + 1] as to_channel,
        is_converted and step = len(path) as is_converted,
        sum(journeys) as journeys
    from steps
    group by all
)

select *
from aggregated
full outer join {{ ref('int_markov_transitions') }} as one_by_one
    on aggregated.chain_id = one_by_one.chain_id
    and aggregated.from_channel is not distinct from one_by_one.from_channel
    and aggregated.to_channel is not distinct from one_by_one.to_channel
    and aggregated.is_converted = one_by_one.is_converted
where aggregated.journeys is distinct from one_by_one.journeys

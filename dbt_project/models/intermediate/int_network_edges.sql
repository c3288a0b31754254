with addresses as (
    select distinct platform, interaction_id, occurred_at, month, from_key, to_key
    from {{ ref('int_employee_addresses') }}
    where to_key is not null and to_key <> from_key
),

paired as (
    select
        *,
        lag(occurred_at) over (partition by from_key, to_key order by occurred_at, platform, interaction_id) as previous_at
    from addresses
)

select
    case when grouping(month) = 0 then month end as month,
    from_key,
    to_key
from paired
where previous_at >= occurred_at - interval 28 day
group by grouping sets ((month, from_key, to_key), (from_key, to_key))

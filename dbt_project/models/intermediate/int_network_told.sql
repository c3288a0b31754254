with shown as (
    select * from {{ ref('int_network_estimates') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ differences_since_told('shown', source('goodwill', 'told_network'), told_network_values()) }},

-- teams add up to the company and months to all time: a month waits as a whole, and all time with any month
waiting as (
    select distinct shown.month, true as is_waiting
    from differences
    inner join shown on differences.cell = shown.cell
    where differences.people < {{ least_colleagues() }}
),

held as (
    select shown.cell, count(waiting.is_waiting) > 0 as is_held
    from shown
    left join differences on shown.cell = differences.cell
    left join waiting on shown.month is not distinct from waiting.month or shown.month is null
    where differences.cell is not null or waiting.is_waiting
    group by shown.cell
),

{{ told_rows(['month', 'team'], told_network_values(), least_colleagues()) }}

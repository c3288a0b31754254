with clock as (
    select * from {{ ref('int_clock') }}
),

given as (
    select * from {{ ref('int_entity_coverage') }}
),

consent_coverage as (
    select * from {{ ref('int_counts_told') }}
    where source = 'goodwill'
),

entities as (
    select entity, max(row_count) > 0 as has_rows
    from given
    where state <> 'unknown_field'
    group by entity
),

marts as (
    {% for mart, not_filled, inputs in mart_inputs() -%}
    select
        '{{ mart }}' as mart,
        {{ dbt.string_literal(not_filled) if not_filled else 'cast(null as text)' }} as not_filled,
        {% if inputs %}unnest(['{{ inputs | join("', '") }}']){% else %}cast(null as text){% endif %} as entity
    {% if not loop.last %}union all{% endif %}
    {% else -%}
    select cast(null as text) as mart, cast(null as text) as not_filled, cast(null as text) as entity where false
    {%- endfor %}
),

-- why a mart is empty: a later release fills it, or nothing that it is made of was given
fed as (
    select
        marts.mart,
        marts.not_filled,
        coalesce(bool_or(entities.has_rows), false) as is_fed,
        string_agg(marts.entity, ', ' order by marts.entity) filter (where not coalesce(entities.has_rows, false)) as missing
    from marts
    left join entities on marts.entity = entities.entity
    group by marts.mart, marts.not_filled
)

select
    given.source,
    given.entity,
    given.measure,
    given.state,
    given.row_count,
    given.given_rows,
    given.since,
    given.unavailable_since,
    given.reason,
    clock.is_demo
from given
cross join clock
union all
select
    'goodwill' as source,
    fed.mart as entity,
    '*' as measure,
    case
        when fed.not_filled is not null then 'not_filled'
        when fed.is_fed then 'given'
        else 'not_given'
    end as state,
    cast(null as bigint) as row_count,
    cast(null as bigint) as given_rows,
    cast(null as timestamp) as since,
    cast(null as timestamp) as unavailable_since,
    case
        when fed.not_filled is not null then fed.not_filled
        when fed.missing is not null then 'nothing was given of: ' || fed.missing
    end as reason,
    clock.is_demo
from fed
cross join clock
union all
-- fewer than 10 persons: their number is not told
select
    consent_coverage.source,
    consent_coverage.entity,
    consent_coverage.measure,
    consent_coverage.name as state,
    case when consent_coverage.people >= 10 then consent_coverage.told end as row_count,
    cast(null as bigint) as given_rows,
    cast(null as timestamp) as since,
    cast(null as timestamp) as unavailable_since,
    case when consent_coverage.people < 10 then 'fewer than 10 persons' end as reason,
    clock.is_demo
from consent_coverage
cross join clock

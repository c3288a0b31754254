{% set cut = 'indicator, period_kind, audience, platform, profile_id, dimension, dimension_value' -%}
{% set is_whole = "platform = 'all' and profile_id = 'all' and dimension in ('all', 'wave')" -%}
{% set published = [
    'period_start', 'period_kind', 'audience', 'platform', 'profile_id', 'dimension', 'dimension_value', 'indicator', 'unit', 'numerator', 'denominator',
    'n', 'clusters', 'deff', 'value', 'lo', 'hi', 'method', 'change', 'change_lo', 'change_hi', 'is_complete', 'counted_on', 'suppressed_reason', 'is_demo',
] -%}

with told as (
    select * from {{ ref('int_indicators_told') }}
),

elsewhere as (
    select * from {{ ref('int_survey_network_indicators') }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

shown as (
    select
        told.*,
        coalesce({{ utc_of_reporting(next_period_start('period_kind', 'period_start')) }} <= clock.as_of, true) as is_complete,
        clock.is_demo
    from told
    cross join clock
),

with_previous as (
    select
        *,
        case when is_next then lag(value) over period_order end as value_before,
        case when is_next then lag(lo) over period_order end as lo_before,
        case when is_next then lag(hi) over period_order end as hi_before
    from (
        select
            *,
            coalesce(
                lag(period_start) over (partition by {{ cut }} order by period_start)
                = {{ previous_period_start('period_kind', 'period_start') }},
                false
            ) as is_next
        from shown
    ) as ordered
    window period_order as (partition by {{ cut }} order by period_start)
),

changes as (
    select
        *,
        value - value_before as change,
        value - value_before
        - {{ newcombe_half_width('value - lo', 'hi_before - value_before', 'greatest(-1, least(1, correlation))') }} as change_lo,
        value - value_before
        + {{ newcombe_half_width('hi - value', 'value_before - lo_before', 'greatest(-1, least(1, correlation))') }} as change_hi
    from with_previous
),

-- what has a mart of its own comes with its change
gathered as (
    select {{ published | join(', ') }} from changes
    union all by name
    select
        elsewhere.*,
        'all' as platform,
        'all' as profile_id,
        n as clusters,
        cast(null as double) as deff,
        clock.is_demo
    from elsewhere
    cross join clock
),

-- the p-value that belongs to the interval: below .05 exactly where the interval leaves 0
tested as (
    select
        *,
        case when is_complete and {{ is_whole }} and change_lo < change and change_hi > change then
            {{ two_sided_p(normal_quantile() ~ ' * change / case when change > 0 then change - change_lo else change_hi - change end') }}
        end as p_value
    from gathered
),

-- Benjamini and Hochberg over all that was tested for one period; a wave is one, whatever its days
with_families as (
    select
        *,
        case when period_kind = 'wave' then dimension_value else cast(period_start as text) end as period
    from tested
),

ranked as (
    select
        *,
        count(p_value) over (partition by period_kind, period) as tests,
        row_number() over (
            partition by period_kind, period
            order by p_value nulls last, indicator, audience, platform, dimension_value
        ) as place
    from with_families
),

corrected as (
    select
        *,
        case
            when p_value is not null
                then min(p_value * tests / place) over (
                    partition by period_kind, period
                    order by place desc
                    rows between unbounded preceding and current row
                )
        end as q_value
    from ranked
)

select
    period_start,
    period_kind,
    audience,
    platform,
    profile_id,
    dimension,
    dimension_value,
    indicator,
    unit,
    numerator,
    denominator,
    n,
    clusters as n_clusters,
    {{ published_double('deff') }} as deff,
    {{ published_double('value') }} as value,
    {{ published_double('lo') }} as lo,
    {{ published_double('hi') }} as hi,
    method,
    {{ published_double('change') }} as change,
    {{ published_double('change_lo') }} as change_lo,
    {{ published_double('change_hi') }} as change_hi,
    {{ published_double('p_value') }} as p_value,
    {{ published_double('q_value') }} as q_value,
    case when q_value is not null then q_value <= 0.10 and (change_lo > 0 or change_hi < 0) end as is_changed,
    is_complete,
    counted_on,
    suppressed_reason,
    is_demo
from corrected

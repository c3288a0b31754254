with estimates as (
    select * from {{ ref('int_indicator_estimates') }}
),

suppressed as (
    select * from {{ ref('int_suppressed_cells') }}
),

prints as (
    select * from {{ ref('int_indicator_prints') }}
),

guarded as (
    select
        estimates.*,
        {{ minimum_clusters('estimates.indicator') | indent(8) }} as clusters_wanted,
        coalesce(suppressed.is_hidden, false) as is_hidden,
        coalesce(suppressed.is_apart, true) as is_apart,
        suppressed.suppressed_reason as hidden_because
    from estimates
    left join suppressed
        on
            {{ in_the_same_period('estimates', 'suppressed') | indent(12) }}
            {% for column in indicator_cut() -%}
            and estimates.{{ column }} = suppressed.{{ column }}
            {% endfor %}
),

-- too few to say anything, or so few that it would say something about persons
judged as (
    select
        *,
        case
            when people between 1 and 9 then 'fewer than 10 people'
            when clusters < clusters_wanted then 'fewer than ' || clusters_wanted || ' independent clusters'
            when events < 10 then 'fewer than 10 answers'
            -- nobody stood up for the brand, or nobody looked: the net mood stands there where anything was scored
            when
                indicator = 'advocacy_rate'
                and numerator = 0
                and max(case when indicator = 'sentiment_net' then 1 end) over (
                    partition by period_kind, period_start, audience, platform, profile_id, dimension, dimension_value
                ) is null
                then 'no mood is given'
            when method = 'exact' and unit = 'share' and denominator = 0 then 'the source gives no text'
            when value is null and unit = 'minutes' then 'median not reached: at least half are not answered in the time observed'
            when indicator = 'sentiment_net_corrected' and value is null then method
            when value is null then 'not observed for long enough'
            else hidden_because
        end as suppressed_reason
    from guarded
),

shown as (
    select
        indicator,
        period_kind,
        period_start,
        platform,
        profile_id,
        dimension,
        dimension_value,
        audience,
        unit,
        method,
        suppressed_reason,
        people,
        is_hidden,
        is_apart,
        correlation,
        {% for column in ['numerator', 'denominator', 'n', 'clusters', 'deff', 'value', 'lo', 'hi'] -%}
        case when suppressed_reason is null then {{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged
)

-- working time shows the same people as the clock
select
    {{ key_number(['shown.indicator', 'shown.period_kind', 'shown.period_start', 'shown.audience', 'shown.platform', 'shown.profile_id', 'shown.dimension', 'shown.dimension_value']) }} as cell,
    {{ recipe() }} as recipe,
    shown.*,
    prints.prints
from shown
left join prints
    on
    case
        {% for family, indicators in indicators_of_prints().items() -%}
        when shown.indicator in ('{{ indicators | join("', '") }}') then '{{ family }}'
        {% endfor -%}
        else shown.indicator
    end = prints.family
    and {{ in_the_same_place('shown', 'prints') | indent(4) }}

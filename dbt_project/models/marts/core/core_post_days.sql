{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month',
    on_schema_change='fail',
    pre_hook="{{ drop_stale_periods('int_post_days_periods', 'month') }}",
    post_hook="{{ keep_fingerprints('int_post_days_periods') }}"
) }}

-- depends_on: {{ ref('int_post_days_periods') }}
with clock as (
    select * from {{ ref('int_clock') }}
),

posts as (
    select * from {{ ref('int_posts') }} where coalesce(is_brand, true)
),

-- the day's end: each counter as it was last given on that day
days as (
    select
        platform,
        post_id,
        {{ reporting_date('observed_at') }} as date,
        max(observed_at) as observed_at,
        {% for measure in post_measures() -%}
        {{ latest(measure, 'observed_at') }} as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_post_metrics') }}
    group by platform, post_id, {{ reporting_date('observed_at') }}
),

-- rows are days with a reading; the earlier value is the last one given, however many days ago
compared as (
    select
        days.*,
        posts.profile_id,
        days.observed_at <= posts.posted_at + interval 2 day as is_young,
        {{ reporting_date('posts.posted_at') }} as posted_on,
        lag(days.date) over by_day as earlier_date,
        {% for measure in additive_post_measures() -%}
        last_value(days.{{ measure }} ignore nulls) over before_day as earlier_{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from days
    inner join posts on days.platform = posts.platform and days.post_id = posts.post_id
    window
        by_day as (partition by days.platform, days.post_id order by days.date),
        before_day as (
            partition by days.platform, days.post_id order by days.date rows between unbounded preceding and 1 preceding
        )
),

changes as (
    select
        *,
        {{ month_of('date') }} as month,
        {% for measure in additive_post_measures() -%}
        case when earlier_{{ measure }} is null and not is_young then null else {{ measure }} - coalesce(earlier_{{ measure }}, 0) end
            as {{ measure }}_delta{{ ',' if not loop.last }}
        {% endfor %}
    from compared
)

select
    changes.platform,
    changes.profile_id,
    changes.post_id,
    changes.date,
    changes.month,
    changes.observed_at,
    {% for measure in post_measures() -%}
    changes.{{ measure }},
    {% endfor -%}
    {% for measure in additive_post_measures() -%}
    changes.{{ measure }}_delta,
    {% endfor -%}
    cast(
        case
            when changes.earlier_date is not null then changes.date - changes.earlier_date
            when changes.is_young then changes.date - changes.posted_on + 1
        end as integer
    ) as days_spanned,
    changes.earlier_date is null and not changes.is_young as is_baseline,
    coalesce(least({% for measure in additive_post_measures() %}changes.{{ measure }}_delta{{ ', ' if not loop.last }}{% endfor %}) < 0, false) as is_corrected,
    {{ is_over('changes.date') }} as is_complete,
    clock.is_demo
from changes
cross join clock
where {{ in_stale_periods('int_post_days_periods', 'changes.month') }}

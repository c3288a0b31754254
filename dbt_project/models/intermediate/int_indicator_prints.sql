{% set contributions = indicator_contributions() -%}
{% set answer_cell = ['indicator', 'period_kind', 'period_start', 'audience', 'platform', 'dimension', 'dimension_value'] -%}
with cuts as (
    select * from {{ ref('int_indicator_cuts') }}
),

computed as (
    select cell_no, cut_no from cuts
    where is_computed
),

answers as (
    select * from {{ ref('int_answer_persons') }}
),

{{ prints_of_cells('answers', answer_cell, 'person_key', ['person_key', 'x', 'm']) }},

{% for relation, families in contributions.items() -%}
{{ relation }}_buckets as (
    select
        cell_no,
        month,
        actor_no % {{ people_buckets() }} as bucket,
        {{ people_prints(families) | indent(8) }}
    from {{ ref(relation) }}
    where actor_no is not null
    group by cell_no, month, bucket
),

{{ relation }}_cuts as (
    {% for period_kind in indicator_period_kinds() -%}
    select
        computed.cut_no,
        '{{ period_kind }}' as period_kind,
        {{ indicator_period_start(period_kind, 'buckets.month') }} as period_start,
        buckets.bucket,
        {% for family in families -%}
        sum(buckets.{{ family }}) as {{ family }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}_buckets as buckets
    inner join computed on buckets.cell_no = computed.cell_no
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{% endfor -%}
listed as (
    {% for relation, families in contributions.items() -%}
    {% set outer = loop -%}
    {% for family in families -%}
    {{ 'union all' if not (loop.first and outer.first) }}
    select
        '{{ family }}' as family,
        cut_no,
        period_kind,
        period_start,
        {{ list_of_prints('bucket', family) }} as prints
    from {{ relation }}_cuts
    group by cut_no, period_kind, period_start
    {% endfor -%}
    {% endfor %}
),

shown_as as (
    select distinct computed_as, audience, platform, profile_id, dimension, dimension_value
    from cuts
)

select
    listed.family,
    listed.period_kind,
    listed.period_start,
    shown_as.audience,
    shown_as.platform,
    shown_as.profile_id,
    shown_as.dimension,
    shown_as.dimension_value,
    listed.prints
from listed
inner join shown_as on listed.cut_no = shown_as.computed_as
where listed.prints is not null
union all
select
    indicator as family,
    period_kind,
    period_start,
    audience,
    platform,
    'all' as profile_id,
    dimension,
    dimension_value,
    prints
from prints

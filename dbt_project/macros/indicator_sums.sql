{#
  Sums over clusters for every cut and each period of one kind. The months of a cluster are first added up for the period and the cut (a person
  who wrote in three months, or on two platforms, is one cluster), then squared and added over clusters; nothing is copied before it is added up.
#}

{% macro cluster_families() -%}
{#-
  (relation, cluster, [(indicator, x, m)], [(family, column)]): the share, or mean, sum(x) / sum(m) over clusters; and the people of a family,
  who are the clusters in which the column is above 0.
-#}
{{ return([
    ('int_actor_months', 'actor_no', [
        ('response_rate_1h', 'answered_1h', 'asked_1h'),
        ('response_rate_4h', 'answered_4h', 'asked_4h'),
        ('response_rate_24h', 'answered_24h', 'asked_24h'),
        ('response_rate_72h', 'answered_72h', 'asked_72h'),
        ('first_response_within_60min', 'opened_and_answered', 'opened'),
        ('first_touch_human', 'touched_by_a_person', 'conversations'),
        ('reciprocity_dyad', 'got_answer', 'addressed'),
    ], [
        ('message_burst', 'bursts'),
        ('conversation_first', 'begun'),
        ('inbound', 'addressed'),
        ('two_way', 'replied_to'),
        ('depth', 'in_threads'),
        ('peers', 'wrote'),
    ]),
    ('int_actor_voices', 'actor_no', [
        ('advocacy_rate', 'advocates', 'active'),
        ('sentiment_net', 'net', 'scored'),
        ('sentiment_positive', 'positive', 'scored'),
        ('sentiment_negative', 'negative', 'scored'),
        ('sentiment_scored_share', 'scored', 'messages'),
    ], []),
    ('int_thread_months', 'thread_no', [
        ('two_way_ratio', 'counted_replies', 'brand_messages'),
        ('thread_depth_mean', 'messages', 'threads'),
        ('thread_depth_share_3', 'long_threads', 'threads'),
        ('peer_share', 'peer_replies', 'audience_messages'),
    ], []),
]) }}
{%- endmacro %}

{% macro once_a_person() -%}
{#- What a person does or does not, however often: the largest of the months, not their sum. -#}
{{ return(['got_answer', 'addressed', 'advocates', 'active', 'bursts', 'begun', 'replied_to', 'in_threads']) }}
{%- endmacro %}

{% macro indicator_sums(period_kind) -%}
{%- set names = ['numerator', 'denominator', 'clusters', 'sum_xx', 'sum_xm', 'sum_mm'] -%}
{%- set products = [('sum_x_x_before', 'x', 'x'), ('sum_x_m_before', 'x', 'm'), ('sum_m_x_before', 'm', 'x'), ('sum_m_m_before', 'm', 'm')] -%}
with cuts as (
    select * from {{ ref('int_indicator_cuts') }}
    where is_computed
),

{% for relation, cluster, indicators, families in cluster_families() -%}
{{ relation }} as (
    select * from {{ ref(relation) }}
    where {{ in_part(cluster) }}
),

{{ relation }}_clusters as (
    {{ clusters_of_cuts(relation, cluster, indicators, families, period_kind) | indent(4) }}
),

{{ relation }}_sums as (
    select
        cut_no,
        period_start,
        {% for indicator, x, m in indicators -%}
        {{ ratio_sums(x, m, indicator) | indent(8) }},
        {% endfor -%}
        {% for family, column in families -%}
        count(case when {{ column }} > 0 then 1 end) as {{ family }}_people,
        {% endfor -%}
        count(*) as clusters
    from {{ relation }}_clusters
    group by cut_no, period_start
),

{% if period_kind != 'all' -%}
-- what the same cluster did in the period directly before
{{ relation }}_pairs as (
    select
        clusters.cut_no,
        clusters.period_start,
        {% for indicator, x, m in indicators -%}
        {% for name, now, before in products -%}
        {{ sum_of_products('clusters.' ~ (x if now == 'x' else m), 'earlier.' ~ (x if before == 'x' else m)) }} as {{ indicator }}_{{ name }},
        {% endfor -%}
        {% endfor -%}
        count(*) as pairs
    from {{ relation }}_clusters as clusters
    inner join {{ relation }}_clusters as earlier
        on
            clusters.cut_no = earlier.cut_no
            and clusters.cluster_no = earlier.cluster_no
            and clusters.period_start = cast(earlier.period_start + {{ period_length(period_kind) }} as date)
    group by clusters.cut_no, clusters.period_start
),

{% endif -%}
{% endfor -%}
unpivoted as (
    {% for relation, cluster, indicators, families in cluster_families() -%}
    {% set outer = loop -%}
    {% for indicator, x, m in indicators -%}
    {{ 'union all' if not (loop.first and outer.first) }}
    select
        '{{ indicator }}' as indicator,
        sums.cut_no,
        sums.period_start,
        {% for name in names -%}
        sums.{{ indicator }}_{{ name }} as {{ name }},
        {% endfor -%}
        {% for name, _, _ in products -%}
        {{ '0' if period_kind == 'all' else 'coalesce(pairs.' ~ indicator ~ '_' ~ name ~ ', 0)' }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}_sums as sums
    {% if period_kind != 'all' -%}
    left join {{ relation }}_pairs as pairs on sums.cut_no = pairs.cut_no and sums.period_start = pairs.period_start
    {% endif -%}
    where sums.{{ indicator }}_denominator > 0
    {% endfor -%}
    {% for family, column in families -%}
    union all
    select
        'people: {{ family }}' as indicator,
        cut_no,
        period_start,
        {% for name in names -%}
        {{ family ~ '_people' if name == 'clusters' else 'null' }} as {{ name }},
        {% endfor -%}
        {% for name, _, _ in products -%}
        null as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}_sums
    where {{ family }}_people > 0
    {% endfor -%}
    {% endfor %}
)

select
    indicator,
    '{{ period_kind }}' as period_kind,
    period_start,
    cut_no,
    {% for name in names -%}
    cast({{ name }} as bigint) as {{ name }},
    {% endfor -%}
    {% for name, _, _ in products -%}
    cast({{ name }} as bigint) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
from unpivoted
{%- endmacro %}

{% macro clusters_of_cuts(relation, cluster, indicators, families, period_kind) -%}
{#- One row a cluster, period and cut. Counts of one cluster are small: narrow numbers, of which there are as many as there are people and threads. -#}
{%- set columns = [] -%}
{%- for _, x, m in indicators -%}
{%- for column in [x, m] if column not in columns -%}{%- do columns.append(column) -%}{%- endfor -%}
{%- endfor -%}
{%- for _, column in families if column not in columns -%}{%- do columns.append(column) -%}{%- endfor -%}
select
    cuts.cut_no,
    {{ indicator_period_start(period_kind, 'said.month') }} as period_start,
    said.{{ cluster }} as cluster_no,
    {%- for column in columns %}
    {%- set of_column = 'said.positive - said.negative' if column == 'net' else 'said.' ~ column %}
    cast({{ 'max' if column in once_a_person() else 'sum' }}({{ of_column }}) as integer) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }} as said
inner join cuts on said.cell_no = cuts.cell_no
group by all
{%- endmacro %}

{% macro period_length(period_kind) -%}
interval {{ {'month': 1, 'quarter': 3, 'year': 12}[period_kind] }} month
{%- endmacro %}

{% macro ratio_sums(x, m, prefix) -%}
{#- Aggregates over clusters, exact: integers. -#}
sum(case when {{ m }} > 0 then {{ x }} end) as {{ prefix }}_numerator,
sum({{ m }}) as {{ prefix }}_denominator,
count(case when {{ m }} > 0 then 1 end) as {{ prefix }}_clusters,
{{ sum_of_products(x, x) }} as {{ prefix }}_sum_xx,
{{ sum_of_products(x, m) }} as {{ prefix }}_sum_xm,
{{ sum_of_products(m, m) }} as {{ prefix }}_sum_mm
{%- endmacro %}

{% macro sum_of_products(a, b) -%}
sum(cast({{ a }} as bigint) * {{ b }})
{%- endmacro %}

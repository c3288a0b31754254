{# What a publication may say anew: METRICS, section 6. #}

{% macro people_buckets() -%}64{%- endmacro %}

{% macro recipe() -%}
{#- What figures hang on besides people: whoever changes it has everything told anew. The first number goes up with a formula. -#}
'6|{{ var("reporting_time_zone") }}'
{%- for seed, columns in {'working_hours': ['team', 'weekday', 'starts_at', 'ends_at', 'time_zone'], 'holidays': ['team', 'date']}.items() %}
    || '|' || coalesce((select {{ all_bits_of(row_hash(columns)) }} from {{ ref(seed) }}), '')
{%- endfor %}
{%- endmacro %}

{% macro told_indicator_values() -%}
{{ return(['method', 'numerator', 'denominator', 'n', 'clusters', 'deff', 'value', 'lo', 'hi', 'correlation']) }}
{%- endmacro %}

{% macro indicator_contributions() -%}
{#- relation -> family -> what its people contribute to the indicators of that family. -#}
{%- set asked = ['asked_1h', 'asked_4h', 'asked_24h', 'asked_72h', 'answered_1h', 'answered_4h', 'answered_24h', 'answered_72h'] -%}
{{ return({
    'int_actor_months': {
        'response_rate_1h': ['asked_1h', 'answered_1h'],
        'response_rate_4h': ['asked_4h', 'answered_4h'],
        'response_rate_24h': ['asked_24h', 'answered_24h'],
        'response_rate_72h': ['asked_72h', 'answered_72h'],
        'first_response_within_60min': ['opened', 'opened_and_answered'],
        'first_touch_human': ['conversations', 'touched_by_a_person'],
        'reciprocity_dyad': ['addressed', 'got_answer'],
        'message_burst': ['bursts'] + asked,
        'conversation_first': ['begun', 'opened', 'opened_and_answered'],
        'inbound': ['addressed'],
        'two_way': ['replied_to'],
        'depth': ['in_threads'],
        'peers': ['wrote'],
    },
    'int_actor_voices': {
        'advocacy_rate': ['active', 'advocates'],
        'mood': ['messages', 'scored', 'positive', 'negative'],
    },
}) }}
{%- endmacro %}

{% macro indicators_of_prints() -%}
{#- family -> its indicators, where they are called otherwise. -#}
{{ return({
    'message_burst': ['response_time_median_km', 'response_within_60min_km'],
    'conversation_first': ['first_response_median_km'],
    'inbound': ['needs_reply_given_share'],
    'two_way': ['two_way_ratio', 'broadcast_share', 'replies_total', 'distinct_reply_share'],
    'depth': ['thread_depth_mean', 'thread_depth_share_3'],
    'mood': ['sentiment_net', 'sentiment_net_corrected', 'sentiment_scored_share'],
    'peers': ['peer_share'],
}) }}
{%- endmacro %}

{% macro people_prints(families) -%}
{#-
  Columns `<family>`: of the people of one bucket, what they contribute, as a number. Two builds with different numbers differ by at least one
  person in that bucket; people in different buckets are different people, so that as many have changed at least as buckets differ.
  families: name -> columns of counts, of a relation with actor_no.
-#}
{% for family, columns in families.items() -%}
sum(case when {{ columns | join(' + ') }} > 0 then {{ print_of(['actor_no'] + columns) }} end) as {{ family }}{{ ',' if not loop.last }}
{% endfor %}
{%- endmacro %}

{% macro list_of_prints(bucket, print) -%}
{#- An aggregate: what two builds compare. 16 bits of each print: enough to differ, too few to find anybody by. -#}
list(cast({{ bucket }} * 65536 + {{ print }} % 65536 as uinteger) order by {{ bucket }}) filter (where {{ print }} is not null)
{%- endmacro %}

{% macro differences_since_told(shown, told, values) -%}
{#-
  CTEs `told_before` and `differences` (cell, people): cells of `shown` that do not read as they were told, or whose people do not contribute as they
  did then, and of how many people that comes, at least. Both relations have cell, people, prints and the values; nothing has changed where nothing
  was told yet. Without prints the number of people alone says how many came or left. A rotation of keys makes all prints anew: what waits then goes on waiting.
-#}
told_before as (
    select * from {{ told }}
    where recipe = (select min(recipe) from {{ shown }})
),

told_at_all as (
    select count(*) > 0 as is_told from told_before
),

compared as (
    select
        shown.cell,
        shown.prints,
        told_before.prints as prints_before,
        told_before.cell is null as is_new,
        told_before.cell is not null and told_before.prints is null and shown.prints is not null as is_rekeyed,
        abs(coalesce(shown.people, 0) - coalesce(told_before.people, 0)) as people_more_or_less
    from {{ shown }} as shown
    cross join told_at_all
    left join told_before on shown.cell = told_before.cell  -- noqa: ST09, which misreads it inside a subquery
    where told_at_all.is_told
        and (
            told_before.cell is null
            or shown.prints is distinct from told_before.prints
            {% for value in values -%}
            or shown.{{ value }} is distinct from told_before.{{ value }}
            {% endfor %}
        )
),

prints_of_both as (
    select cell, unnest(prints) as print from compared where not is_new and not is_rekeyed
    union all
    select cell, unnest(prints_before) as print from compared where not is_new and not is_rekeyed
),

prints_of_one as (
    select cell, print
    from prints_of_both
    group by cell, print
    having count(*) = 1
),

buckets_that_differ as (
    select cell, count(distinct print // 65536) as people
    from prints_of_one
    group by cell
),

differences as (
    select
        compared.cell,
        case when compared.is_rekeyed then 1 else greatest(1, compared.people_more_or_less, coalesce(buckets_that_differ.people, 0)) end as people
    from compared
    left join buckets_that_differ on compared.cell = buckets_that_differ.cell
)
{%- endmacro %}

{% macro told_columns(values) -%}
{#-
  What is told: as it was where the difference is held back, else as it is. What was never told waits as if nobody were in it; of a rotation the
  new prints are kept with the old values.
-#}
{% for value in values -%}
case when differences.is_held then told_before.{{ value }} else shown.{{ value }} end as {{ value }},
{% endfor -%}
case when differences.is_held then coalesce(told_before.people, 0) else shown.people end as people,
case
    when differences.is_held and told_before.cell is null and shown.prints is not null then []
    when differences.is_held then coalesce(told_before.prints, shown.prints)
    else shown.prints
end as prints,
case when differences.is_held or differences.cell is null and told_before.cell is not null then told_before.counted_on else clock.as_of_date end as counted_on
{%- endmacro %}

{% macro told_rows(columns, values, k=k_people()) -%}
{#-
  The CTE `left_by_a_few` and the rows of a model of what is told, after the CTEs `shown`, `told_before`, `differences`, `held` (cell, is_held) and `clock`;
  `columns` say which cell it is. Where nobody is left of fewer than k people the row stays: that it went would tell of them.
-#}
left_by_a_few as (
    select told_before.*
    from told_before
    anti join shown on told_before.cell = shown.cell
    where coalesce(told_before.people, 0) < {{ k }}
)

select
    shown.cell,
    shown.recipe,
    {% for column in columns -%}
    shown.{{ column }},
    {% endfor -%}
    case
        when differences.is_held and told_before.cell is null
            then coalesce(shown.suppressed_reason, 'waits until at least {{ k }} people more or less are in it')
        when differences.is_held then told_before.suppressed_reason
        else shown.suppressed_reason
    end as suppressed_reason,
    {{ told_columns(values) | indent(4) }}
from shown
cross join clock
left join told_before on shown.cell = told_before.cell
left join held as differences on shown.cell = differences.cell
union all by name
select * from left_by_a_few
{%- endmacro %}

{% macro told_cell_by_cell(shown, told, columns, values, k=k_people()) -%}
{#- A whole model of what is told where no cell is a part of another: each is told anew as soon as k of its own people make a difference. -#}
with shown as (
    select * from {{ shown }}
),

clock as (
    select * from {{ ref('int_clock') }}
),

{{ differences_since_told('shown', told, values) }},

held as (
    select cell, people < {{ k }} as is_held
    from differences
),

{{ told_rows(columns, values, k) }}
{%- endmacro %}

{% macro told_survey_values() -%}
{{ return(['n', 'answers', 'invited', 'value', 'lo', 'hi', 'alpha', 'alpha_n', 'first_answer_on', 'last_answer_on', 'wave_on']) }}
{%- endmacro %}

{% macro told_understanding_values() -%}{{ return(['n_first', 'n_second', 'value', 'lo', 'hi', 'last_answer_on', 'wave_on']) }}{%- endmacro %}

{% macro told_network_values() -%}
{{ return(['n', 'messages', 'edges', 'density', 'reciprocity', 'ties', 'tie_density', 'ei_index', 'ei_index_lo', 'ei_index_hi', 'cross_team_share', 'cross_team_share_lo', 'cross_team_share_hi', 'gini', 'gini_lo', 'gini_hi', 'method']) }}
{%- endmacro %}

{% macro print_of(columns) -%}
{#- Of what one person contributed: the person and the contribution, as a number that list_of_prints() cuts. -#}
{{ row_hash(columns) }} % 4294967296
{%- endmacro %}

{% macro prints_of_cells(relation, cell, person, columns) -%}
{#- CTEs `buckets` and `prints` (the columns of the cell, prints) of a relation with a row for each thing that a person contributed: `columns`, the person among them. -#}
buckets as (
    select
        {{ cell | join(', ') }},
        {{ key_number([person]) }} % {{ people_buckets() }} as bucket,
        sum({{ print_of(columns) }}) as print
    from {{ relation }}
    group by all
),

prints as (
    select {{ cell | join(', ') }}, {{ list_of_prints('bucket', 'print') }} as prints
    from buckets
    group by {{ cell | join(', ') }}
)
{%- endmacro %}

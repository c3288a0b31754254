{#- What the machine said of what people labelled: the weights that turn its counts into the true net mood, for the labels as they are (replicate 0) and for Poisson bootstrap samples of them. -#}
{% set moods = [('p', 'positive', 1), ('z', 'neutral', 0), ('n', 'negative', -1)] -%}
with labels as (
    select * from {{ ref('int_sentiment_labels') }}
    where label in ('positive', 'neutral', 'negative')
),

-- of those alone whose moods are counted (int_voices); whoever said no to the reading of their mood is not read here either
interactions as (
    select * from {{ ref('int_interaction_audiences') }}
    where sentiment is not null and not is_brand and not is_bot and audience <> 'employees'
),

judged as (
    select
        row_number() over (order by labels.platform, labels.interaction_id) as label_no,
        labels.platform || '|' || labels.interaction_id as label_key,
        labels.label as truth,
        case when interactions.sentiment >= 0.05 then 'positive' when interactions.sentiment <= -0.05 then 'negative' else 'neutral' end as verdict
    from labels
    inner join interactions on labels.platform = interactions.platform and labels.interaction_id = interactions.interaction_id
),

keyed as (
    select label_no as customer_no, label_key as customer_key from judged
),

weights as (
    {{ bootstrap_weights('keyed') | indent(4) }}
),

drawn as (
    select 0 as replicate, judged.truth, judged.verdict, 1.0 as weight
    from judged
    {% for part in range(8) -%}
    union all
    select 1 + weights.block * 8 + {{ part }} as replicate, judged.truth, judged.verdict, weights.w{{ part }} as weight
    from judged
    inner join weights on judged.label_no = weights.customer_no
    {% endfor %}
),

counts as (
    select
        replicate,
        {% for i, truth, _ in moods -%}
        cast(sum(case when truth = '{{ truth }}' then weight else 0 end) as bigint) as n_{{ i }},
        {% for j, verdict, _ in moods -%}
        cast(sum(case when truth = '{{ truth }}' and verdict = '{{ verdict }}' then weight else 0 end) as bigint) as n_{{ i }}{{ j }},
        {% endfor -%}
        {% endfor -%}
        count(*) as labels
    from drawn
    where replicate <= {{ bootstrap_replicates() }}
    group by replicate
),

-- P(verdict | truth)
rates as (
    select
        *,
        {% for i, _, _ in moods -%}
        {% for j, _, _ in moods -%}
        cast(n_{{ i }}{{ j }} as double) / nullif(n_{{ i }}, 0) as {{ i }}{{ j }}{{ ',' if not (loop.last and i == 'n') }}
        {% endfor -%}
        {% endfor %}
    from counts
),

determinants as (
    select *, pp * (zz * nn - zn * nz) - pz * (zp * nn - zn * np) + pn * (zp * nz - zz * np) as determinant
    from rates
)

-- the weights w solve: sum over verdicts of P(verdict | truth) w(verdict) = 1, 0, -1 for a positive, neutral, negative truth
select
    replicate,
    labels,
    least(n_p, n_z, n_n) as smallest_class,
    determinant,
    ((zz * nn - zn * nz) - (pz * zn - pn * zz)) / nullif(determinant, 0) as weight_positive,
    ((zn * np - zp * nn) - (pn * zp - pp * zn)) / nullif(determinant, 0) as weight_neutral,
    ((zp * nz - zz * np) - (pp * zz - pz * zp)) / nullif(determinant, 0) as weight_negative
from determinants

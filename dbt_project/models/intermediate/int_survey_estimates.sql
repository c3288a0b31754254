with respondents as (
    select * from {{ ref('int_survey_respondents') }}
    where respondent_side = 'audience' and perspective = 'own' and dimension <> 'other'
),

invitations as (
    select * from {{ ref('int_survey_invitations') }}
),

reliability as (
    select * from {{ ref('int_survey_reliability') }}
),

waves as (
    select * from {{ ref('int_survey_waves') }}
),

asked as (
    select distinct wave, audience, dimension from respondents
),

-- whom the response rate is of makes a difference too: invitations may come later than answers
people as (
    select
        wave,
        audience,
        dimension,
        respondent_key,
        items,
        score,
        promoters,
        detractors,
        satisfied
    from respondents
    union all
    select
        asked.wave,
        asked.audience,
        asked.dimension,
        invitations.respondent_key,
        0 as items,
        0 as score,
        0 as promoters,
        0 as detractors,
        0 as satisfied
    from asked
    inner join invitations on asked.wave = invitations.wave and asked.audience = invitations.audience
),

{{ prints_of_cells(
    'people', ['wave', 'audience', 'dimension'], 'respondent_key', ['respondent_key', 'items', 'score', 'promoters', 'detractors', 'satisfied']
) }},

-- whoever answered several times is one person: of nps with the mean of the classes, of csat with as many ratings as they gave
counted as (
    select
        wave,
        audience,
        dimension,
        min({{ reporting_date('answered_at') }}) as first_answer_on,
        max({{ reporting_date('answered_at') }}) as last_answer_on,
        count(*) as n,
        cast(sum(items) as bigint) as answers,
        cast(sum(cast(cast(promoters as double) / items as decimal(18, 12))) as double) as promoters,
        cast(sum(cast(cast(detractors as double) / items as decimal(18, 12))) as double) as detractors,
        cast(sum(satisfied) as bigint) as satisfied,
        count(case when satisfied > 0 then 1 end) as people_with,
        count(case when satisfied < items then 1 end) as people_without,
        cast(sum(satisfied * satisfied) as bigint) as sum_xx,
        cast(sum(satisfied * items) as bigint) as sum_xm,
        cast(sum(items * items) as bigint) as sum_mm,
        sum(score) as score_sum,
        {{ exact_variance('score') }} as variance
    from respondents
    group by wave, audience, dimension
),

measured as (
    select
        counted.*,
        cast(counted.score_sum as double) / counted.n as mean,
        -- one pseudo-answer in each of the three classes
        (counted.promoters - counted.detractors) / (counted.n + 3.0) as adjusted_nps,
        (counted.promoters + counted.detractors + 2) / (counted.n + 3.0) as adjusted_extremes,
        cast(counted.satisfied as double) / counted.answers as satisfied_share,
        {{ t_quantile('(counted.n - 1)') }} as quantile,
        waves.invited,
        waves.wave_on,
        reliability.alpha,
        reliability.n as alpha_n,
        prints.prints
    from counted
    inner join prints on counted.wave = prints.wave and counted.audience = prints.audience and counted.dimension = prints.dimension
    left join waves on counted.wave = waves.wave and counted.audience = waves.audience
    left join reliability
        on counted.wave = reliability.wave and counted.audience = reliability.audience and counted.dimension = reliability.dimension
),

with_effects as (
    select
        *,
        answers / {{ design_effect('satisfied_share', 'n', 'answers', 'sum_xx', 'sum_xm', 'sum_mm') }} as effective_answers,
        case when answers = n then {{ normal_quantile() }} else quantile end as satisfied_quantile
    from measured
),

estimated as (
    select
        wave,
        audience,
        first_answer_on,
        last_answer_on,
        wave_on,
        prints,
        case
            when dimension = 'unnamed' then 'unnamed_scale'
            when dimension = 'nps' and audience = 'employees' then 'enps'
            when dimension in ('nps', 'csat', 'ces') then dimension
            else 'opr_' || dimension
        end as measure,
        case
            when dimension = 'nps' then 'points, -100 to 100'
            when dimension = 'csat' then 'share'
            when dimension = 'ces' then 'points, 1 to 7'
            else 'points, 0 to 100'
        end as unit,
        n,
        answers,
        invited,
        alpha,
        alpha_n,
        case
            when dimension = 'nps' then 100.0 * (promoters - detractors) / n
            when dimension = 'csat' then satisfied_share
            when dimension = 'ces' then 1 + 6 * mean
            else 100 * mean
        end as value,
        case
            when dimension = 'nps'
                then 100 * (adjusted_nps - {{ normal_quantile() }} * sqrt((adjusted_extremes - adjusted_nps * adjusted_nps) / (n + 3)))
            when dimension = 'csat' then {{ wilson_lower('satisfied_share', 'effective_answers', 'satisfied_quantile') }}
            when dimension = 'ces' then 1 + 6 * (mean - quantile * {{ root('variance') }} / sqrt(n))
            else 100 * (mean - quantile * {{ root('variance') }} / sqrt(n))
        end as lo,
        case
            when dimension = 'nps'
                then 100 * (adjusted_nps + {{ normal_quantile() }} * sqrt((adjusted_extremes - adjusted_nps * adjusted_nps) / (n + 3)))
            when dimension = 'csat' then {{ wilson_upper('satisfied_share', 'effective_answers', 'satisfied_quantile') }}
            when dimension = 'ces' then 1 + 6 * (mean + quantile * {{ root('variance') }} / sqrt(n))
            else 100 * (mean + quantile * {{ root('variance') }} / sqrt(n))
        end as hi,
        case
            when dimension = 'nps' then 'adjusted: one pseudo-answer in each class'
            when dimension = 'csat' and answers = n then 'Wilson'
            when dimension = 'csat' then 'Wilson at answers / deff, t(K-1), clusters = people'
            else 't over respondents'
        end as method,
        case
            when n < case when dimension = 'nps' then 100 else 30 end
                then 'fewer than ' || case when dimension = 'nps' then '100' else '30' end || ' respondents'
            when n < 0.2 * invited then 'fewer than 20 % of the invited answered'
            when audience = 'employees' and dimension = 'csat' and least(people_with, people_without) < {{ least_on_a_side() }} then '{{ one_sided() }}'
        end as suppressed_reason
    from with_effects
)

select
    {{ key_number(['wave', 'audience', 'measure']) }} as cell,
    '3' as recipe,
    wave,
    audience,
    measure,
    unit,
    method,
    n as people,
    prints,
    wave_on,
    suppressed_reason,
    {% for column in ['n', 'answers', 'invited', 'value', 'lo', 'hi', 'alpha', 'alpha_n', 'first_answer_on', 'last_answer_on'] -%}
    case when suppressed_reason is null then {{ column }} end as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from estimated

with respondents as (
    select * from {{ ref('int_survey_respondents') }}
    where dimension <> 'other'
),

invitations as (
    select * from {{ ref('int_survey_invitations') }}
),

waves as (
    select * from {{ ref('int_survey_waves') }}
),

views as (
    select
        wave,
        audience,
        dimension,
        respondent_side || '_' || perspective as view,
        max({{ reporting_date('answered_at') }}) as last_answer_on,
        count(*) as n,
        sum(score) as score_sum,
        {{ exact_variance('score') }} as variance
    from respondents
    group by wave, audience, dimension, respondent_side, perspective
),

-- co-orientation: whose view is held against which (Seltzer 2007)
comparisons as (
    {% for measure, side, first_view, second_view in [
        ('accuracy', 'staff', 'audience_own', 'staff_meta'),
        ('agreement', 'staff', 'audience_own', 'staff_own'),
        ('congruency', 'staff', 'staff_own', 'staff_meta'),
        ('accuracy', 'audience', 'staff_own', 'audience_meta'),
        ('agreement', 'audience', 'staff_own', 'audience_own'),
        ('congruency', 'audience', 'audience_own', 'audience_meta'),
    ] -%}
    select '{{ measure }}' as measure, '{{ side }}' as side, '{{ first_view }}' as first_view, '{{ second_view }}' as second_view
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

asked as (
    select wave, audience, dimension, max(last_answer_on) as last_answer_on
    from views
    group by wave, audience, dimension
    having bool_or(view <> 'audience_own')
),

-- one person's answers to both views fall into one bucket, and so does the invitation: it may come later than answers
answers as (
    select
        respondents.wave,
        respondents.audience,
        respondents.dimension,
        comparisons.measure,
        comparisons.side,
        respondents.respondent_key,
        respondents.perspective,
        respondents.score
    from respondents
    inner join comparisons
        on respondents.respondent_side || '_' || respondents.perspective in (comparisons.first_view, comparisons.second_view)
    union all
    select
        asked.wave,
        asked.audience,
        asked.dimension,
        comparisons.measure,
        comparisons.side,
        invitations.respondent_key,
        'invited' as perspective,
        0 as score
    from asked
    cross join comparisons
    inner join invitations on asked.wave = invitations.wave and asked.audience = invitations.audience
),

{{ prints_of_cells(
    'answers', ['wave', 'audience', 'dimension', 'measure', 'side'], 'respondent_key', ["respondent_key || '|' || perspective", 'score']
) }},

-- invitations are the audience's: how many of the staff were asked nobody says
answered_by as (
    select
        views.*,
        coalesce(views.view like 'audience_%' and views.n < 0.2 * waves.invited, false) as is_of_too_few
    from views
    left join waves on views.wave = waves.wave and views.audience = waves.audience
),

compared as (
    select
        asked.wave,
        asked.audience,
        asked.dimension,
        asked.last_answer_on,
        comparisons.measure,
        comparisons.side,
        coalesce(first_views.n, 0) as n_first,
        coalesce(second_views.n, 0) as n_second,
        100 * (cast(first_views.score_sum as double) / first_views.n - cast(second_views.score_sum as double) / second_views.n) as difference,
        10000 * first_views.variance / first_views.n as first_error,
        10000 * second_views.variance / second_views.n as second_error,
        case
            when coalesce(first_views.n, 0) < 30 or coalesce(second_views.n, 0) < 30 then 'fewer than 30 respondents on a side'
            when first_views.is_of_too_few or second_views.is_of_too_few then 'fewer than 20 % of the invited answered'
        end as suppressed_reason
    from asked
    cross join comparisons
    left join answered_by as first_views
        on asked.wave = first_views.wave
        and asked.audience = first_views.audience
        and asked.dimension = first_views.dimension
        and comparisons.first_view = first_views.view
    left join answered_by as second_views
        on asked.wave = second_views.wave
        and asked.audience = second_views.audience
        and asked.dimension = second_views.dimension
        and comparisons.second_view = second_views.view
),

-- Welch's degrees of freedom
estimated as (
    select
        *,
        {{ root('(first_error + second_error)') }} as error,
        (first_error + second_error) * (first_error + second_error)
        / nullif(first_error * first_error / (n_first - 1) + second_error * second_error / (n_second - 1), 0) as degrees
    from compared
    where suppressed_reason is null
    union all
    select
        *,
        null as error,
        null as degrees
    from compared
    where suppressed_reason is not null
)

select
    {{ key_number(['estimated.wave', 'estimated.audience', 'estimated.dimension', 'estimated.measure', 'estimated.side']) }} as cell,
    '3' as recipe,
    estimated.wave,
    estimated.audience,
    estimated.dimension,
    estimated.measure,
    estimated.side,
    'Welch t' as method,
    estimated.n_first + estimated.n_second as people,
    prints.prints,
    case when suppressed_reason is null then n_first end as n_first,
    case when suppressed_reason is null then n_second end as n_second,
    case when suppressed_reason is null then difference end as value,
    difference - {{ t_quantile('degrees') }} * error as lo,
    difference + {{ t_quantile('degrees') }} * error as hi,
    case when suppressed_reason is null then last_answer_on end as last_answer_on,
    waves.wave_on,
    suppressed_reason
from estimated
left join waves on estimated.wave = waves.wave and estimated.audience = waves.audience
left join prints
    on estimated.wave = prints.wave
    and estimated.audience = prints.audience
    and estimated.dimension = prints.dimension
    and estimated.measure = prints.measure
    and estimated.side = prints.side

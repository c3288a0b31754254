with answered as (
    select
        wave,
        audience,
        -- the middle one: a straggler moves no wave into another quarter
        quantile_disc({{ reporting_date('answered_at') }}, 0.5) as answered_on
    from {{ ref('int_survey_scores') }}
    group by wave, audience
),

invited as (
    select
        wave,
        audience,
        count(distinct respondent_key) as invited,
        max({{ reporting_date('invited_at') }}) as invited_on
    from {{ ref('int_survey_invitations') }}
    group by wave, audience
)

select
    answered.wave,
    answered.audience,
    coalesce(
        {{ wave_date('answered.wave') }}, answered.answered_on, invited.invited_on, {{ wave_year('answered.wave') }}
    ) as wave_on,
    invited.invited
from answered
left join invited on answered.wave = invited.wave and answered.audience = invited.audience

{{ told_cell_by_cell(
    ref('int_survey_estimates'), source('goodwill', 'told_surveys'), ['wave', 'audience', 'measure', 'unit', 'method'], told_survey_values()
) }}

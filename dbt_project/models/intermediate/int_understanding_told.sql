{{ told_cell_by_cell(
    ref('int_understanding_estimates'), source('goodwill', 'told_understanding'), ['wave', 'audience', 'dimension', 'measure', 'side', 'method'],
    told_understanding_values()
) }}

{{ files_entity('experiment_outcomes') }}

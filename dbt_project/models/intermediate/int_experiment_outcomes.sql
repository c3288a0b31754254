{{ union_entity('experiment_outcomes') }}

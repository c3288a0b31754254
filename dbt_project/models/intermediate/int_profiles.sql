{{ union_entity('profiles') }}

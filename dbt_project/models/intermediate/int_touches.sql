{{ union_entity('touches') }}

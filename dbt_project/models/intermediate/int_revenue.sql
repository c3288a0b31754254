{{ union_entity('revenue') }}

{{ union_entity('contacts') }}

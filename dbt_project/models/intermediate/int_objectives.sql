{{ union_entity('objectives') }}

{{ union_entity('interaction_addressees') }}

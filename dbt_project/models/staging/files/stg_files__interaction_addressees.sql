{{ files_entity('interaction_addressees') }}

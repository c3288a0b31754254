{{ union_entity('identity_links') }}

{{ files_entity('identity_links') }}
